"""Fetches a page as text, bounded in size after decompression and in time."""

import asyncio
import codecs
import zlib

import httpx2

from adapters.tools.bounded_text import bounded
from adapters.tools.page_text import page_text
from adapters.tools.public_requests import PublicRequests
from domain.errors import ToolError
from ports.tool import ToolResult

MOST_BYTES = 1024 * 1024
_PAGES = ("text/html", "application/xhtml+xml")
_TEXTS = ("text/", "application/json", "application/xml", "application/javascript")
_TEXT_ENDS = ("+json", "+xml", "/yaml", "/x-yaml", "/toml", "/x-ndjson")
# Not all that Python has: some, such as UTF-7, decode in quadratic time.
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


async def bounded_body(response: httpx2.Response) -> tuple[bytes, bool]:
    """The decompressed body, and whether it was cut. Raises ToolError if it cannot be decompressed."""
    unpack = _Decompressor(response.headers.get("Content-Encoding", "identity"))
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += unpack(chunk, most_bytes=MOST_BYTES + 1 - len(body))
        if len(body) > MOST_BYTES:
            return bytes(body[:MOST_BYTES]), True
    return bytes(body), False


class _Decompressor:
    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._inflate = zlib.decompressobj(wbits=47)  # gzip and zlib, by their header
        if self._encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise ToolError(f"url: the answer is packed as {encoding[:40]!r}, which is not known")

    def __call__(self, chunk: bytes, *, most_bytes: int) -> bytes:
        if self._encoding in ("identity", ""):
            return chunk[:most_bytes]
        try:
            return self._inflate.decompress(chunk, most_bytes)
        except zlib.error as error:
            raise ToolError("url: the answer cannot be unpacked") from error


class FetchedPages:
    def __init__(self, requests: PublicRequests | None = None) -> None:
        self._requests = requests or PublicRequests()

    async def text(self, url: str, *, timeout_s: float) -> ToolResult:
        """Raises ToolError for a forbidden address, and for an incomplete response."""
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
    """The declared charset, if it is one of `_CHARSETS`."""
    try:
        charset = codecs.lookup(response.charset_encoding or "utf-8").name
    except LookupError:
        return "utf-8"
    return charset if charset.startswith(_CHARSETS) else "utf-8"
