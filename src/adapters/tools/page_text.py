"""The text of a page of HTML, without its tags."""

import re
from collections.abc import Iterable, Iterator

from adapters.tools.html_pieces import Tag, html_pieces

_UNSEEN = frozenset({"script", "style", "noscript", "template", "svg", "head"})
_BREAKING = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|figcaption|footer|form|h[1-6]|header|"
    "hr|li|main|nav|[ou]l|p|pre|section|table|t[dhr]"
)


def page_text(html: str) -> str:
    """One line for each block; the title comes first, links keep their addresses."""
    page = _Page()
    for piece in html_pieces(html):
        if isinstance(piece, str):
            page.say(piece)
        elif piece.is_end:
            page.end(piece)
        else:
            page.begin(piece)
    return "\n".join(_with_single_blanks("".join(page.pieces).split("\n"))).strip()


def _with_single_blanks(lines: Iterable[str]) -> Iterator[str]:
    """Of spaces, and of empty lines; line by line, as other threads have their turn between."""
    was_empty = False
    for line in lines:
        text = " ".join(line.split())
        if text or not was_empty:
            yield text
        was_empty = not text


class _Page:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._unseen: str | None = None
        self._in_title = False
        self._link: str | None = None

    def begin(self, tag: Tag) -> None:
        self._in_title = tag.name == "title"
        if tag.name == "body":  # whoever leaves out </head> still has a body
            self._unseen = None
        if self._unseen is None and tag.name in _UNSEEN:
            self._unseen = tag.name
        self._break(tag)
        if tag.name == "a":
            self._link = tag.link

    def end(self, tag: Tag) -> None:
        if tag.name == self._unseen:
            self._unseen = None
        if tag.name == "title":
            self._in_title = False
            self.pieces.append("\n")
        self._break(tag)
        if tag.name == "a" and self._link and not self._link.startswith("#"):
            self.pieces.append(f" ({self._link})")
            self._link = None

    def say(self, text: str) -> None:
        if self._unseen is None or self._in_title:
            self.pieces.append(text)

    def _break(self, tag: Tag) -> None:
        if _BREAKING.fullmatch(tag.name):
            self.pieces.append("\n")
