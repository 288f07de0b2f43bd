"""Fetches a page as text."""

import asyncio
import codecs

import httpx2

from adapters.tools.bounded_body import bounded_body
from adapters.tools.bounded_text import bounded
from adapters.tools.checked_request import CheckedRequests
from adapters.tools.page_text import page_text
from domain.errors import ToolError
from ports.tool import ToolResult

_PAGES = ("text/html", "application/xhtml+xml")
_TEXTS = ("text/", "application/json", "application/xml", "application/javascript")
_TEXT_ENDS = ("+json", "+xml", "/yaml", "/x-yaml", "/toml", "/x-ndjson")
# Python knows others as well, some of which take a time that grows with the square, as UTF-7.
_CHARSETS = (
    "utf-8",
    "utf-16",
    "utf-32",
    "iso8859",
    "cp",
    "koi8",
    "shift_jis",
    "euc",
    "iso2022",
    "gb",
    "big5",
    "ascii",
)
_FAILED = 400


class FetchedPages:
    def __init__(self, requests: CheckedRequests | None = None) -> None:
        self._requests = requests or CheckedRequests()

    async def text(self, url: str, *, timeout_s: float) -> ToolResult:
        """Raises ToolError for what must not be asked, and for what gives no whole answer."""
        try:
            async with asyncio.timeout(timeout_s), self._requests.get(url) as answer:
                return await _result(answer)
        except TimeoutError as error:
            raise ToolError(f"url: no whole answer within {timeout_s:g} s") from error
        except httpx2.HTTPError as error:
            raise ToolError(f"url: it cannot be fetched: {str(error) or repr(error)}") from error


async def _result(response: httpx2.Response) -> ToolResult:
    kind = response.headers.get("Content-Type", "text/plain").partition(";")[0].strip().lower()
    if not (kind.startswith((*_PAGES, *_TEXTS)) or kind.endswith(_TEXT_ENDS)):
        return ToolResult(content=f"[{_status(response)}; no text, but {kind[:100]}]")
    body, is_cut = await bounded_body(response)
    charset = _charset(response)
    text = await asyncio.to_thread(_text, body, charset, is_page=kind in _PAGES)
    if response.status_code >= _FAILED:
        text = f"[{_status(response)}]\n{text}"
    return bounded(text, is_error=response.status_code >= _FAILED, is_cut=is_cut)


def _text(body: bytes, charset: str, *, is_page: bool) -> str:
    text = body.decode(charset, errors="replace")
    return page_text(text) if is_page else text


def _status(response: httpx2.Response) -> str:
    return f"status {response.status_code} {response.reason_phrase}".rstrip()


def _charset(response: httpx2.Response) -> str:
    """As it is said, if it is one of those that pages are written in."""
    try:
        charset = codecs.lookup(response.charset_encoding or "utf-8").name
    except LookupError:
        return "utf-8"
    return charset if charset.startswith(_CHARSETS) else "utf-8"
