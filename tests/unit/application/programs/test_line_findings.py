"""Rules that take their time do not keep others from their turn."""

import asyncio
from collections.abc import Sequence

import anyio

from application.programs.line_extraction import LineExtraction
from application.programs.line_findings import LineFindings
from domain.agent_profile import AgentProfile
from domain.extraction import ExtractionRule, Found
from domain.ids import AgentName
from domain.process_events import Log
from tests.patience import PATIENCE_S
from tests.process_fakes import RecordingContext

RULE = ExtractionRule(name="slow", pattern="x")
PROFILE = AgentProfile(name=AgentName("a"), kind="command")


class SlowMatcher:
    """Takes longer for each line than a turn may take, and notes how many turns others had."""

    too_slow: Sequence[str] = ()

    def __init__(self) -> None:
        self.turns = 0
        self.turns_before: list[int] = []

    def ready(
        self, rules: Sequence[ExtractionRule], *, field: str = "rules", most_chars: int = 0
    ) -> "SlowMatcher":
        return self

    def find(self, line: str, *, text: str) -> Sequence[Found]:
        self.turns_before.append(self.turns)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + 0.02:
            pass
        return ()

    async def take_turns(self) -> None:
        while True:
            self.turns += 1
            await asyncio.sleep(0)


async def test_others_have_their_turn_between_lines_that_take_long() -> None:
    matcher = SlowMatcher()
    findings = LineFindings(RecordingContext(profile=PROFILE), LineExtraction([RULE], matcher))
    others = asyncio.create_task(matcher.take_turns())

    with anyio.fail_after(PATIENCE_S):
        await findings.emit_all(Log(line="x", line_num=n, stream="stdout") for n in (1, 2, 3))
        await findings.in_text("x\nx\nx", line_num=4)
    others.cancel()

    assert len(set(matcher.turns_before)) == 6
