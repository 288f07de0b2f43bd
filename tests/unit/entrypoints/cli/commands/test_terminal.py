"""How the screen of a task is shown while it is followed."""

import json

import httpx2
import pytest

from entrypoints.cli.commands.terminal import follow_screen
from entrypoints.cli.failure import ServerRefused, ServerUnreachable
from tests.unit.entrypoints.cli.scripted_server import ScriptedServer, problem, stream
from tests.unit.entrypoints.cli.seen import Pages

END = 'event: end\ndata: {"reason": "task_finished"}\n\n'


async def test_in_a_pipe_each_screen_follows_the_one_before() -> None:
    server = ScriptedServer(stream(_frame("one"), ": ping\n\n", _frame("one", "two", ""), END))
    pages = Pages()

    code = await follow_screen(server.client, "/tasks/t/screen", pages.output, as_json=False)

    assert (code, pages.told) == (0, ("one\n---\none\ntwo\n---\n", ""))


async def test_on_a_terminal_the_last_screen_stays_without_what_would_act_on_it() -> None:
    server = ScriptedServer(stream(_frame("one"), _frame("two\x1b[2J", ""), END))
    pages = Pages(is_terminal=True)

    await follow_screen(server.client, "/tasks/t/screen", pages.output, as_json=False)

    assert "two\x1b[2J" not in pages.told[0]
    assert pages.told[0].endswith("two\n")


async def test_a_task_that_is_yet_to_start_is_waited_for() -> None:
    not_yet = httpx2.Response(409, json={"detail": "not yet"}, headers={"Retry-After": "0"})
    server = ScriptedServer(not_yet, not_yet, stream(_frame("one"), END))
    pages = Pages()

    await follow_screen(server.client, "/tasks/t/screen", pages.output, as_json=False)

    assert pages.told == ("one\n---\n", "")


async def test_a_task_without_a_terminal_is_refused() -> None:
    server = ScriptedServer(problem(409, detail="it runs with pipes"))

    with pytest.raises(ServerRefused, match="it runs with pipes"):
        await follow_screen(server.client, "/tasks/t/screen", Pages().output, as_json=False)


async def test_a_stream_that_breaks_off_is_no_end() -> None:
    server = ScriptedServer(stream(_frame("one")))

    with pytest.raises(ServerUnreachable):
        await follow_screen(server.client, "/tasks/t/screen", Pages().output, as_json=True)


def _frame(*lines: str) -> str:
    return f"event: screen\ndata: {json.dumps({'lines': lines})}\n\n"
