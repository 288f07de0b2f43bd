"""Takes a page of HTML apart in one pass, so that no page takes longer than its length."""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from html import unescape

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_BETWEEN = re.compile(r"[\s/]*")
_ATTRIBUTE = re.compile(r"([^\s/>][^\s/>=]*)\s*(=\s*)?")
_UNQUOTED = re.compile(r"[^\s>]*")
_OF_TEXT_ALONE = frozenset({"script", "style", "title", "textarea"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    name: str
    is_end: bool
    link: str | None = None
    """What its `href` says."""


class _Unfinished(Exception):
    """The page ends within a tag or a comment, which browsers leave out."""


def html_pieces(html: str) -> Iterator[str | Tag]:
    """Texts and tags, in order; comments and declarations are left out."""
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
            if tag.name in _OF_TEXT_ALONE and not tag.is_end:
                start, at = at, _end_of(tag.name, html, at)
                yield _text(html[start:at])
    except _Unfinished:
        return
    if html[at:]:
        yield _text(html[at:])


def _text(written: str) -> str:
    try:
        return unescape(written)
    except ValueError:  # a character's number of thousands of digits
        return written


def _no_tag(html: str, opening: int) -> Generator[str, None, int]:
    """Gives, and returns where the page goes on."""
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
    """The link among them, and where the tag ends."""
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
