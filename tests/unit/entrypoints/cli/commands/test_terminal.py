"""How the screen of a task is shown while it is followed."""

import json

import httpx2
import pytest

from entrypoints.cli.commands.terminal import follow_screen
from entrypoints.cli.failure import ServerRefused, ServerUnreachable
from tests.unit.entrypoints.cli.received_events import Pages
from tests.unit.entrypoints.cli.scripted_server import ScriptedServer, problem, stream

END = 'event: end\ndata: {"reason": "task_finished"}\n\n'


async def test_in_a_pipe_screens_follow_each_other() -> None:
    server = ScriptedServer(stream(_frame("one"), ": ping\n\n", _frame("one", "two", ""), END))
    pages = Pages()

    code = await follow_screen(server.client, "/tasks/t/screen", pages.output, as_json=False)

    assert (code, pages.items) == (0, ("one\n---\none\ntwo\n---\n", ""))


async def test_on_a_terminal_the_last_screen_stays_without_escapes() -> None:
    server = ScriptedServer(stream(_frame("one"), _frame("two\x1b[2J", ""), END))
    pages = Pages(is_terminal=True)

    await follow_screen(server.client, "/tasks/t/screen", pages.output, as_json=False)

    assert "two\x1b[2J" not in pages.items[0]
    assert pages.items[0].endswith("two\n")


async def test_the_client_waits_for_a_task_to_start() -> None:
    not_yet = httpx2.Response(409, json={"detail": "not yet"}, headers={"Retry-After": "0"})
    server = ScriptedServer(not_yet, not_yet, stream(_frame("one"), END))
    pages = Pages()

    await follow_screen(server.client, "/tasks/t/screen", pages.output, as_json=False)

    assert pages.items == ("one\n---\n", "")


async def test_a_task_without_a_terminal_is_refused() -> None:
    server = ScriptedServer(problem(409, detail="it runs with pipes"))

    with pytest.raises(ServerRefused, match="it runs with pipes"):
        await follow_screen(server.client, "/tasks/t/screen", Pages().output, as_json=False)


async def test_a_broken_stream_is_an_error() -> None:
    server = ScriptedServer(stream(_frame("one")))

    with pytest.raises(ServerUnreachable):
        await follow_screen(server.client, "/tasks/t/screen", Pages().output, as_json=True)


def _frame(*lines: str) -> str:
    return f"event: screen\ndata: {json.dumps({'lines': lines})}\n\n"
