"""A real server whose agent uses real MCP servers: a published one, and one made with the SDK."""

import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.client import Client, client_of, types_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame, Json
from tests.mcp_servers import mcp_over_http

PROJECT = Path(__file__).parents[2]
SCRIPT = """script:
tool time__convert_time {"source_timezone": "UTC", "time": "12:30", "target_timezone": "Asia/Tokyo"}
tool time__get_current_time {"timezone": "Nowhere/At_all"}
tool here__add {"a": 2, "b": 3}
tool there__add {"a": 4, "b": 5}
tool there__with_dots {}
answer done
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("mcp") / "data") as server:
        yield server


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[Client]:
    async with client_of(server) as client:
        yield client


async def test_the_tools_of_servers_are_used_over_stdio_and_http(client: Client) -> None:
    async with mcp_over_http() as (url, _):
        added = await client.request("PUT", "/api/v1/agents/helped", json=_with_servers(url))
        assert added.status_code in (200, 201), added.text
        seen = await client.events(await client.submit(SCRIPT, session_id="mcp", agent="helped"))

    results = _results(seen)
    assert json.loads(str(results["time__convert_time"]["result"]))["time_difference"] == "+9.0h"
    assert results["time__get_current_time"]["status"] == "error"
    assert "Nowhere/At_all" in str(results["time__get_current_time"]["result"])
    assert results["here__add"]["result"] == "5"
    assert results["there__add"]["result"] == "9"
    assert results["there__with_dots"]["result"] == "all of it"
    assert "half of it\n" in [one.data["chunk"] for one in seen if one.event == "tool_call_stream"]
    assert types_of(seen)[-1] == "task_complete"


def _with_servers(url: str) -> Json:
    environment = {"PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"}
    python = {"command": sys.executable}
    return {
        "kind": "react",
        "sandbox": "none",  # which does not show every place where this project may lie
        "mcp_servers": {
            "time": {**python, "args": ["-m", "mcp_server_time", "--local-timezone", "UTC"]},
            "here": {**python, "args": ["-m", "tests.mcp_servers"], "env": environment},
            "there": {"url": url},
        },
    }


def _results(frames: list[Frame]) -> dict[object, Json]:
    return {one.data["tool_name"]: one.data for one in frames if one.event == "tool_call_complete"}
