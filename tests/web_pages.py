"""A web server on loopback that answers with the bytes that a test gives it."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(kw_only=True)
class WebPages:
    port: int = 0
    requests: list[str] = field(default_factory=list)
    """The heads of all requests."""

    @property
    def host(self) -> str:
        return f"pages.test:{self.port}"


def page(
    body: bytes, *, kind: str = "text/plain", status: str = "200 OK", more: str = ""
) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def redirect(location: str) -> bytes:
    return page(b"", status="302 Found", more=f"Location: {location}\r\n")


@asynccontextmanager
async def web_pages(
    answers: Mapping[str, bytes | None], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebPages]:
    """None takes the request and never answers."""
    pages = WebPages()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            pages.requests.append(head)
            given = answers[head.split(" ")[1]]
            if given is None:
                await reader.read()
            else:
                writer.write(given)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has seen enough
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with server:
        pages.port = server.sockets[0].getsockname()[1]
        yield pages


def certified(folder: Path, *, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server that is this host, and for clients that believe it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    asked = f"req -x509 -nodes -days 2 -subj /CN=x -addext subjectAltName=DNS:{host} -newkey ec"
    curve = ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run(
        ["openssl", *asked.split(), *curve, "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))
