"""The text of a page of HTML, without its tags."""

import re
from html.parser import HTMLParser

_UNSEEN = frozenset({"script", "style", "noscript", "template", "svg", "head"})
_BREAKING = re.compile(
    "address|article|aside|blockquote|br|d[dlt]|div|fieldset|figcaption|footer|form|h[1-6]|header|"
    "hr|li|main|nav|[ou]l|p|pre|section|table|t[dhr]"
)


def page_text(html: str) -> str:
    """One line for each block; the title comes first, links keep their addresses."""
    page = _Page()
    page.feed(html)
    page.close()
    text = re.sub(r"[^\S\n]+", " ", "".join(page.pieces))
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen: str | None = None
        self._in_title = False
        self._link: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_title = tag == "title"
        if tag == "body":  # whoever leaves out </head> still has a body
            self._unseen = None
        if self._unseen is None and tag in _UNSEEN:
            self._unseen = tag
        if _BREAKING.fullmatch(tag):
            self.pieces.append("\n")
        if tag == "a":
            self._link = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = None
        if tag == "title":
            self._in_title = False
            self.pieces.append("\n")
        if _BREAKING.fullmatch(tag):
            self.pieces.append("\n")
        if tag == "a" and self._link and not self._link.startswith("#"):
            self.pieces.append(f" ({self._link})")
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._unseen is None or self._in_title:
            self.pieces.append(data)
