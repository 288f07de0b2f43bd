"""Reads the body of an answer, unpacked, up to a bound that no compression gets around."""

import zlib

import httpx2

from domain.errors import ToolError

MOST_BYTES = 1024 * 1024


async def bounded_body(response: httpx2.Response) -> tuple[bytes, bool]:
    """The body, and whether it was cut. Raises ToolError when it cannot be unpacked."""
    unpack = _Unpacking(response.headers.get("Content-Encoding", "identity"))
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += unpack(chunk, most_bytes=MOST_BYTES + 1 - len(body))
        if len(body) > MOST_BYTES:
            return bytes(body[:MOST_BYTES]), True
    return bytes(body), False


class _Unpacking:
    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._inflate = zlib.decompressobj(wbits=47)  # gzip and zlib, told by their first bytes
        if self._encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise ToolError(f"url: the answer is packed as {encoding[:40]!r}, which is not known")

    def __call__(self, chunk: bytes, *, most_bytes: int) -> bytes:
        if self._encoding in ("identity", ""):
            return chunk[:most_bytes]
        try:
            return self._inflate.decompress(chunk, most_bytes)
        except zlib.error as error:
            raise ToolError("url: the answer cannot be unpacked") from error
