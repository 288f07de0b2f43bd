"""Extracts the text of an HTML page in linear time."""

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from html import unescape

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_BETWEEN = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"([^\s/>][^\s/>=]*)\s*(=\s*)?")
_UNQUOTED = re.compile(r"[^\s>]*")
_RAW_TEXT = frozenset({"script", "style", "title", "textarea"})
_HIDDEN = frozenset({"script", "style", "noscript", "template", "svg", "head"})
_BREAKING = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|figcaption|footer|form|h[1-6]|header|"
    "hr|li|main|nav|[ou]l|p|pre|section|table|t[dhr]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    name: str
    is_end: bool
    link: str | None = None
    """Its `href`."""


class _Unfinished(Exception):
    """The page ends within a tag or comment, which browsers ignore."""


def html_pieces(html: str) -> Iterator[str | Tag]:
    """Texts and tags in order, without comments and declarations."""
    at = 0
    try:
        while (opening := html.find("<", at)) >= 0:
            if opening > at:
                yield _text(html[at:opening])
            if (found := _TAG.match(html, opening)) is None:
                at = yield from _no_tag(html, opening)
                continue
            link, at = _attributes(html, found.end())
            tag = Tag(name=found[2].lower(), is_end=bool(found[1]), link=link)
            yield tag
            if tag.name in _RAW_TEXT and not tag.is_end:
                start, at = at, _end_of(tag.name, html, at)
                yield _text(html[start:at])
    except _Unfinished:
        return
    if html[at:]:
        yield _text(html[at:])


def _text(written: str) -> str:
    try:
        return unescape(written)
    except ValueError:  # a character reference of thousands of digits
        return written


def _no_tag(html: str, opening: int) -> Generator[str, None, int]:
    """Yields text, and returns the position after it."""
    if html.startswith("<!--", opening):
        return _after(html, "-->", opening + len("<!--"))
    if html.startswith(("<!", "<?", "</"), opening):
        return _after(html, ">", opening)
    yield "<"
    return opening + 1


def _after(html: str, end: str, start: int) -> int:
    found = html.find(end, start)
    if found < 0:
        raise _Unfinished
    return found + len(end)


def _attributes(html: str, at: int) -> tuple[str | None, int]:
    """The `href`, if any, and the position after the tag."""
    link: str | None = None
    while True:
        at = _skipped(_BETWEEN, html, at)
        if html.startswith(">", at):
            return link, at + 1
        if (name := _ATTRIBUTE.match(html, at)) is None:
            raise _Unfinished
        value, at = _value(html, name.end()) if name[2] else ("", name.end())
        if link is None and name[1].lower() == "href":
            link = _text(value)


def _value(html: str, at: int) -> tuple[str, int]:
    if html.startswith(('"', "'"), at):
        end = _after(html, html[at], at + 1)
        return html[at + 1 : end - 1], end
    end = _skipped(_UNQUOTED, html, at)
    return html[at:end], end


def _skipped(pattern: re.Pattern[str], html: str, at: int) -> int:
    found = pattern.match(html, at)
    return found.end() if found else at


def _end_of(name: str, html: str, at: int) -> int:
    found = re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE).search(html, at)
    return found.start() if found else len(html)


def page_text(html: str) -> str:
    """One line for each block; the title first, links with their addresses."""
    page = _Page()
    for piece in html_pieces(html):
        if isinstance(piece, str):
            page.add_text(piece)
        elif piece.is_end:
            page.end(piece)
        else:
            page.begin(piece)
    return "\n".join(_with_single_blanks("".join(page.pieces).split("\n"))).strip()


def _with_single_blanks(lines: Iterable[str]) -> Iterator[str]:
    """Collapses spaces and empty lines, one line at a time so that other threads can run."""
    was_empty = False
    for line in lines:
        text = " ".join(line.split())
        if text or not was_empty:
            yield text
        was_empty = not text


class _Page:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._hidden: str | None = None
        self._in_title = False
        self._link: str | None = None

    def begin(self, tag: Tag) -> None:
        self._in_title = tag.name == "title"
        if tag.name == "body":  # </head> may be missing
            self._hidden = None
        if self._hidden is None and tag.name in _HIDDEN:
            self._hidden = tag.name
        self._break(tag)
        if tag.name == "a":
            self._link = tag.link

    def end(self, tag: Tag) -> None:
        if tag.name == self._hidden:
            self._hidden = None
        if tag.name == "title":
            self._in_title = False
            self.pieces.append("\n")
        self._break(tag)
        if tag.name == "a" and self._link and not self._link.startswith("#"):
            self.pieces.append(f" ({self._link})")
            self._link = None

    def add_text(self, text: str) -> None:
        if self._hidden is None or self._in_title:
            self.pieces.append(text)

    def _break(self, tag: Tag) -> None:
        if _BREAKING.fullmatch(tag.name):
            self.pieces.append("\n")
