"""A history as lines: whole, refused before it begins, or cut short so that the client sees it."""

import asyncio

import anyio
import pytest
from starlette.types import Message, Scope

from adapters.http.problems.problem import Problem
from adapters.http.streaming.history import json_lines, json_page
from application.watching.history import History, HistoryOf
from application.watching.stream_request import FromCursor, Replay
from domain.events import EVENT_CLASSES
from tests.patience import PATIENCE_S
from tests.unit.fake_event_log import KEY, FakeEventLog, event

OF = HistoryOf(session_key=KEY, event_types=frozenset(EVENT_CLASSES))
SCOPE: Scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}}


def log_of(count: int) -> FakeEventLog:
    return FakeEventLog(*map(event, range(1, count + 1)))


async def messages(log: FakeEventLog, *, trimmed_until: int = 0) -> list[Message]:
    """What the lines send; the log is trimmed when their first part is out."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nothing sets this event")

    async def send(message: Message) -> None:
        sent.append(message)
        if trimmed_until and len(sent) == 2:
            log.trim(until=trimmed_until)

    response = await json_lines(History(log=log), OF, Replay(None))
    with anyio.fail_after(PATIENCE_S):
        await response(SCOPE, receive, send)
    return sent


async def test_the_lines_of_many_pages_are_one_answer() -> None:
    sent = await messages(log_of(1234))

    lines = b"".join(message.get("body", b"") for message in sent)
    assert lines == b"".join(b"%d\n" % seq for seq in range(1, 1235))
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_lines_that_the_log_lost_meanwhile_cut_the_answer_short() -> None:
    sent = await messages(log_of(1234), trimmed_until=700)

    lines = b"".join(message.get("body", b"") for message in sent)
    assert lines == b"".join(b"%d\n" % seq for seq in range(1, 501))
    assert sent[-1]["more_body"]


@pytest.mark.parametrize("cursor", ["3-deadbeef", "99-00000063"])
async def test_a_cursor_of_another_history_is_refused_for_pages_and_lines_alike(
    cursor: str,
) -> None:
    history = History(log=log_of(5))

    with pytest.raises(Problem) as of_page:
        await json_page(history, OF, FromCursor(cursor), limit=10)
    with pytest.raises(Problem) as of_lines:
        await json_lines(history, OF, FromCursor(cursor))

    assert (of_page.value.status, of_page.value.code) == (409, "cursor_reset")
    assert (of_lines.value.status, of_lines.value.code) == (409, "cursor_reset")
