"""A piece of a text may be emptied only once the whole text is stored."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from application.upkeep.compaction import Pieces, Text
from domain.events import AgentEvent
from domain.task_events import Error, TaskCancelled
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta
from domain.tool_events import ToolCallComplete, ToolCallStream

AGAIN = Error(message="busy: try 2 of 4", phase="model", recoverable=True)
CANCELLED = TaskCancelled(reason="user", by="ann", duration_ms=5)


def delta(text: str, message_id: str = "m") -> MessageDelta:
    return MessageDelta(message_id=message_id, text=text)


def message(content: str, message_id: str = "m") -> Message:
    return Message(message_id=message_id, role="assistant", content=content)


def thought(text: str, iteration: int = 1) -> ThinkDelta:
    return ThinkDelta(iteration=iteration, text=text)


def whole(reasoning: str | None, content: str = "", iteration: int = 1) -> ThinkComplete:
    return ThinkComplete(
        iteration=iteration, content=content, reasoning=reasoning, tool_call_count=0
    )


def output(chunk: str, call_id: str = "c") -> ToolCallStream:
    return ToolCallStream(call_id=call_id, stream="text", chunk=chunk)


def result(text: str, *, error: str | None = None, call_id: str = "c") -> ToolCallComplete:
    return ToolCallComplete(
        call_id=call_id,
        tool_name="t",
        status="ok" if error is None else "error",
        result=text,
        error=error,
        duration_ms=0,
    )


@pytest.mark.parametrize(
    ("events", "spare"),
    [
        pytest.param([delta("a"), delta("b"), message("ab")], [1, 2], id="a whole message"),
        pytest.param([delta("a"), delta("b"), message("a")], [], id="a message that was cut"),
        pytest.param([delta("a"), CANCELLED], [], id="a message that never came"),
        pytest.param(
            [delta("a", "m1"), AGAIN, delta("b", "m2"), message("b", "m2")],
            [3],
            id="a void message",
        ),
        pytest.param(
            [delta("a", "m1"), delta("b", "m2"), message("b", "m2"), message("a", "m1")],
            [2, 1],
            id="messages side by side",
        ),
        pytest.param([thought("h"), thought("m"), whole("hm")], [1, 2], id="whole reasoning"),
        pytest.param([thought("hm"), whole("hm", "so")], [1], id="reasoning beside an answer"),
        pytest.param([thought("hm"), whole(None, "hm")], [1], id="a thought of an older version"),
        pytest.param([thought("hm, so"), whole(None, "so")], [], id="reasoning that was not kept"),
        pytest.param([thought("hm"), whole(None)], [], id="a thought that was lost"),
        pytest.param([thought("a"), AGAIN, thought("b"), whole("b")], [3], id="a void thought"),
        pytest.param(
            [thought("a"), whole("a"), thought("b"), whole("b")], [1, 3], id="two thoughts"
        ),
        pytest.param([output("a"), output("b"), result("ab")], [1, 2], id="a whole result"),
        pytest.param([output("a"), result("", error="a")], [1], id="a whole error"),
        pytest.param([output("ab"), result("a")], [], id="output beyond the result"),
        pytest.param(
            [output("a"), output("b", "d"), result("b", call_id="d")], [2], id="another call"
        ),
    ],
)
def test_only_pieces_of_a_text_that_is_whole_are_spare(
    events: Sequence[AgentEvent], spare: Sequence[int]
) -> None:
    pieces = Pieces()

    ended = [pieces.take(at, event) for at, event in enumerate(events, 1)]

    assert [seq for one in ended if one and one.is_whole for seq in one.text.seqs] == spare


@pytest.mark.parametrize(
    ("kept", "is_kept"),
    [
        ([b"one, t", b"wo, three"], True),
        ([b"one, two"], True),
        ([b"one, t"], False),
        ([b"two, three"], False),
        ([], False),
    ],
)
async def test_output_is_kept_where_it_is_what_a_call_began_with(
    kept: Sequence[bytes], is_kept: bool
) -> None:
    text = Text()
    for seq, piece in enumerate(["one, ", "two"], 1):
        text.add(seq, piece)

    async def read() -> AsyncGenerator[bytes]:
        for piece in kept:
            yield piece

    assert await text.begins(read()) is is_kept
