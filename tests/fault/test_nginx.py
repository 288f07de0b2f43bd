"""Streams behind nginx as Debian ships it: buffering on, ends what is silent for a minute."""

import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from time import monotonic

import anyio
import httpx2
import pytest

from tests.e2e.client import Client, client_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import SseParser, SseStream

pytestmark = pytest.mark.load

NGINX = "/usr/sbin/nginx"
PINGS_IN_THREE_MINUTES = 12
CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {target};
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("behind") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def nginx_url(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert Path(NGINX).exists(), "install nginx-light"
    folder, port = tmp_path_factory.mktemp("nginx"), _free_port()
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, target=server.base_url))
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(config)])
    try:
        _await_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[Client]:
    """Straight to the server."""
    async with client_of(server) as client:
        yield client


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """For requests through nginx."""
    async with httpx2.AsyncClient(timeout=10, trust_env=False) as http:
        yield http


async def test_the_first_byte_and_each_event_pass_at_once(
    client: Client, http: httpx2.AsyncClient, nginx_url: str
) -> None:
    async with http.stream("GET", f"{nginx_url}/api/v1/sse?session_id=quick") as response:
        stream = SseStream(response)
        with anyio.fail_after(5):
            assert [frame.event for frame in await stream.take(1)] == ["connected"]
        for number in range(10):
            task_id = await client.submit(f"echo {number}", session_id="quick")
            with anyio.fail_after(5):
                await stream.until("log", line=str(number))
            await stream.until("task_complete", task_id=task_id)


async def test_a_long_replay_passes_whole(
    client: Client, http: httpx2.AsyncClient, nginx_url: str
) -> None:
    task_id = await client.submit("seq 20000", session_id="long")
    whole = await client.events(task_id)

    async with http.stream("GET", f"{nginx_url}/api/v1/tasks/{task_id}/events") as response:
        seen = await SseStream(response).to_end()

    assert seen[1:-1] == whole
    assert seen[-1].event == "end"


async def test_a_stream_that_is_idle_for_three_minutes_goes_on(
    client: Client, http: httpx2.AsyncClient, nginx_url: str
) -> None:
    url = f"{nginx_url}/api/v1/sse?session_id=idle"
    parser, began = SseParser(), monotonic()
    with anyio.fail_after(240):
        async with http.stream("GET", url, timeout=60) as response:
            chunks = response.aiter_raw()
            while len(parser.comments) < PINGS_IN_THREE_MINUTES:
                parser.feed(await anext(chunks))
            idle_s = monotonic() - began
            await client.submit("echo awake", session_id="idle")
            while not any(frame.event == "log" for frame in parser.feed(await anext(chunks))):
                pass

    assert set(parser.comments) == {"ping"}
    assert idle_s > 170


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    until = monotonic() + 10
    while process.poll() is None and monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            pass
    raise AssertionError("nginx did not start")
