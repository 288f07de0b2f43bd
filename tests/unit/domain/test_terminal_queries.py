"""Nothing that a terminal would answer is in a line that may be shown on one again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.programs.output_log import OutputLog
from domain.process_events import Log
from domain.terminal_text import without_queries
from ports.process import Output
from tests.fakes import FakeClock
from tests.process_fakes import RecordingContext
from tests.unit.application.programs.test_command_runner import SHELL

QUERIES = (
    "\x1b[c",
    "\x1b[0c",
    "\x1b[>c",
    "\x1b[>0c",
    "\x1b[=c",
    "\x1bZ",
    "\x9a",
    "\x05",
    "\x1b[5n",
    "\x1b[6n",
    "\x9b6n",
    "\x1b[?6n",
    "\x1b[?996n",
    "\x1b[?2026$p",
    "\x1b[4$p",
    "\x1b[>q",
    "\x1b[>0q",
    "\x1b[?u",
    "\x1b[x",
    "\x1b[1$w",
    "\x1b[&u",
    "\x1b[1;1;1;1;1;1*y",
    "\x1b['|",
    "\x1b[14t",
    "\x1b[21t",
    "\x1b[?1;1;0S",
    "\x1b]4;1;?\x07",
    "\x1b]4;0;?;1;?\x1b\\",
    "\x1b]10;?\x07",
    "\x1b]11;?\x1b\\",
    "\x9d12;?\x9c",
    "\x1b]52;c;?\x07",
    "\x1b]52;c;aGVsbG8=\x07",
    "\x1b]1337;ReportCellSize\x07",
    "\x1bP$qm\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x90$qm\x9c",
    "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
)
KEPT = (
    "\x1b[1;31m",
    "\x1b[38:2::1:2:3m",
    "\x1b[2K",
    "\x1b[3;4H",
    "\x1b[?25l",
    "\x1b[?2004h",
    "\x1b[2 q",
    "\x1b[<u",
    "\x1b[=1;1u",
    "\x1b[>4;2m",
    "\x1b[s\x1b[u",
    "\x1b[3S",
    "\x1b7\x1b8\x1b(B",
    "\x1b]0;what; ?\x07",
    "\x1b]2;t\x1b\\",
    "\x1b]8;;http://x/?a;?b\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31m",
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_goes_and_what_is_around_it_stays(query: str) -> None:
    assert without_queries(f"a\x1b[31m{query}b\x1b[0m") == "a\x1b[31mb\x1b[0m"


@pytest.mark.parametrize("sequence", KEPT)
def test_what_is_no_query_stays(sequence: str) -> None:
    assert without_queries(f"a{sequence}b") == f"a{sequence}b"


@pytest.mark.parametrize(
    "half", ["\x1b", "\x1b[", "\x1b[?6", "\x1b]11;", "\x1bP$q", "\x9b", "\x1b("]
)
def test_what_is_cut_off_goes_too_as_the_next_line_could_complete_it(half: str) -> None:
    assert without_queries(f"a{half}") == "a"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("\x1b]\x90\x07x", "x"),
        ("\x1b]0;a\x9b\x07cx", "cx"),
        ("\x1b[\x086nx", "x"),
        ("\x1bPtmux;\x1b\x1b[6n\x1b\\x", "\x1b\\x"),
        ("\x1b[\x1b[6n6n", "6n"),
    ],
)
def test_a_query_within_something_goes_as_well(line: str, left: str) -> None:
    assert without_queries(line) == left


@given(st.text(alphabet=st.sampled_from("a6nc?;$p[]P\\\x1b\x07\x9b\x9c\x90\x18t10>q\x08 (")))
def test_no_query_is_made_of_what_is_left(line: str) -> None:
    once = without_queries(line)

    assert without_queries(once) == once


@pytest.mark.parametrize("query", QUERIES)
async def test_however_output_is_cut_no_line_of_the_log_asks(query: str) -> None:
    text = f"a{query}b\x1b[1mc\n"
    for at in range(1, len(text)):
        logs = await logged(text[:at], text[at:])

        assert "".join(log.line for log in logs) == "ab\x1b[1mc", (query, at)


async def test_a_line_without_its_query_is_plain() -> None:
    assert await logged("\x1b[6nhello\n") == [Log(line="hello", line_num=1, stream="pty")]


async def logged(*pieces: str) -> list[Log]:
    """Each piece is shown as far as it goes before the next."""
    context = RecordingContext(profile=SHELL)
    log = OutputLog(context.emit_all, FakeClock())
    for piece in pieces:
        await log.take(Output(stream="pty", text=piece))
        await log.show_unfinished()
    await log.end()
    return list(context.logs)
