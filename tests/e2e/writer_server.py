"""A server in this process whose streams are written in one certain way."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import anyio
import httpx2
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.http.protocol.cast_protocol import CastProtocol
from adapters.http.protocol.listening_socket import bound_socket
from adapters.http.streaming.open_streams import OpenStreams
from entrypoints.container import Container
from entrypoints.server import CastServer
from entrypoints.settings.settings import Settings
from tests.e2e.sse_reader import SseStream
from tests.integration.graph import Graph, running
from tests.patience import PATIENCE_S

ORIGIN = "https://dashboard.example"
Way = Literal["uvicorn", "tls", "reactor"]
"""By uvicorn as it comes, over TLS, and on sockets taken over from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterServer:
    graph: Graph
    server: CastServer
    http: httpx2.AsyncClient

    @asynccontextmanager
    async def stream(
        self, path: str, *, method: str = "GET", json: object = None, **headers: str
    ) -> AsyncIterator[SseStream]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.stream(method, path, json=json, headers=named) as response:
            yield SseStream(response)

    def writers(self) -> list[str]:
        return writers_in(self.graph.container)


@asynccontextmanager
async def writer_server(folder: Path, way: Way) -> AsyncIterator[WriterServer]:
    settings = Settings(
        data_dir=folder,
        database_url="memory:",
        default_agent="fake",
        shutdown_s=2.0,
        cors_origins=(ORIGIN,),
    )
    certificate = _certificate(folder) if way == "tls" else None
    async with running(folder, settings=settings) as graph:
        config = uvicorn.Config(
            graph.container.http.application(),
            http=HttpToolsProtocol if way == "uvicorn" else CastProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            ssl_certfile=certificate,
            timeout_graceful_shutdown=1,
        )
        listens = asyncio.Event()
        server = CastServer(config, container=graph.container, greet=listens.set)
        with bound_socket(host="127.0.0.1", port=0) as listener:
            scheme = "https" if certificate else "http"
            url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(server.serve(sockets=[listener]))
                with anyio.fail_after(PATIENCE_S):
                    await listens.wait()
                async with httpx2.AsyncClient(base_url=url, verify=_trust(certificate)) as http:
                    yield WriterServer(graph=graph, server=server, http=http)
                server.should_exit = True
                with anyio.fail_after(PATIENCE_S):
                    await serving


def writers_in(container: Container) -> list[str]:
    """As those who run the server see them."""
    streams = OpenStreams(watches=container.streams.watches(), flush=container.http.stream_flush())
    return [one.writer for one in streams.listing()]


def _trust(certificate: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def _certificate(folder: Path) -> Path:
    """One for this address, with its key, signed by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    key, certificate, both = (folder / name for name in ("key.pem", "certificate.pem", "both.pem"))
    asked = "req -x509 -nodes -days 2 -subj /CN=localhost -newkey ec"
    asked += " -pkeyopt ec_paramgen_curve:prime256v1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", *asked.split(), "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both
