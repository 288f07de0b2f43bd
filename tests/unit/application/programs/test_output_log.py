from collections.abc import Iterable

import anyio
import pytest

from application.programs.output_log import OutputLog
from domain.process_events import Log
from ports.process import Output
from tests.fakes import FakeClock


class Record:
    """Takes events one by one, and stops at the line that the test names."""

    def __init__(self, *, holds_at: int = 0) -> None:
        self.bursts: list[list[Log]] = []
        self._holds_at = holds_at

    @property
    def logs(self) -> list[Log]:
        return [log for burst in self.bursts for log in burst]

    async def emit_all(self, events: Iterable[Log]) -> None:
        burst: list[Log] = []
        self.bursts.append(burst)
        for event in events:
            burst.append(event)
            if event.line_num == self._holds_at:
                await anyio.sleep_forever()


async def test_the_lines_of_one_piece_of_output_are_emitted_in_bursts_with_a_bound() -> None:
    record = Record()
    log = OutputLog(record.emit_all, FakeClock())

    await log.take(_pty("".join(f"{number}\n" for number in range(1, 601)) + "rest"))

    assert record.logs == [_log(str(number), number) for number in range(1, 601)]
    assert [len(burst) for burst in record.bursts] == [256, 256, 88]
    assert log.last_line == "600"


async def test_lines_that_a_cancel_keeps_from_being_emitted_leave_no_gap() -> None:
    record = Record(holds_at=2)
    log = OutputLog(record.emit_all, FakeClock())

    with anyio.move_on_after(0):
        await log.take(_pty("one\ntwo\nthree\nfour\nrest"))
    await log.end()

    assert record.logs == [_log("one", 1), _log("two", 2), _log("rest", 3)]


@pytest.mark.parametrize(
    ("written", "last"),
    [
        ("said\n \n\t\n\n", "said"),
        ("  first\r\x1b[1mlast\x1b[0m  \n", "last"),
        ("x" * 5000 + "\n", "x" * 4096),
        ("npm error code ENOENT\n\x1b[1G⠹\n---\n", "npm error code ENOENT"),
        ("?\n!\n", "!"),
    ],
)
async def test_the_last_line_with_text_is_kept_as_plain_text(written: str, last: str) -> None:
    log = OutputLog(Record().emit_all, FakeClock())

    await log.take(_pty(written))

    assert log.last_line == last


def _pty(text: str) -> Output:
    return Output(stream="pty", text=text)


def _log(line: str, number: int) -> Log:
    return Log(line=line, line_num=number, stream="pty")
