"""What a server's refusal comes to on the command line."""

import httpx2
import pytest

from entrypoints.cli.client.server_client import server_client
from entrypoints.cli.failure import CommandFailure, UsageMistake
from tests.unit.entrypoints.cli.scripted_server import ScriptedServer, problem


@pytest.mark.parametrize(
    ("answer", "line", "exit_code"),
    [
        (
            problem(
                422, detail="x", errors=[{"field": "agent", "message": "no agent is named y"}]
            ),
            "the server refused (422): agent: no agent is named y",
            2,
        ),
        (problem(400, detail="bad"), "the server refused (400): bad", 2),
        (problem(404, detail="There is no such task."), "(404): There is no such task.", 1),
        (problem(409, title="Conflict"), "the server refused (409): Conflict", 1),
        (httpx2.Response(502, html="<html>"), "the server refused (502): Bad Gateway", 1),
        (httpx2.Response(200, html="<html>"), "is the address right?", 1),
        (httpx2.Response(200, json=[1]), "is the address right?", 1),
        (httpx2.ConnectError("refused"), "cannot reach the server at http://server: refused", 5),
        (httpx2.ReadTimeout(""), "cannot reach the server at http://server: ReadTimeout", 5),
    ],
)
async def test_a_refusal_is_one_line_and_an_exit_code(
    answer: httpx2.Response | Exception, line: str, exit_code: int
) -> None:
    server = ScriptedServer(answer)

    with pytest.raises(CommandFailure) as failure:
        await server.client.task("task_1")

    assert (line in str(failure.value), failure.value.exit_code) == (True, exit_code)


async def test_an_id_is_quoted_as_one_segment_of_the_path() -> None:
    server = ScriptedServer(httpx2.Response(200, json={}))

    await server.client.task("../agents?x=1")

    assert server.requests[0].url.raw_path == b"/api/v1/tasks/..%2Fagents%3Fx%3D1"


async def test_a_task_is_paused_and_resumed() -> None:
    server = ScriptedServer(*(httpx2.Response(202, json={}) for _ in range(2)))

    await server.client.pause("task/1")
    await server.client.resume("task/1")

    assert [(one.method, one.url.raw_path) for one in server.requests] == [
        ("POST", b"/api/v1/tasks/task%2F1/pause"),
        ("POST", b"/api/v1/tasks/task%2F1/resume"),
    ]


@pytest.mark.parametrize("url", ["", "localhost:8080", "ftp://x", "http://", "http://[::1"])
async def test_an_invalid_server_address_is_a_usage_mistake(url: str) -> None:
    with pytest.raises(UsageMistake, match="--server"):
        async with server_client(url):
            pass
