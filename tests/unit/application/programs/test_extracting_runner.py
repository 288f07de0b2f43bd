"""Rules also apply to the messages of agents that write no lines."""

from dataclasses import dataclass, replace

from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from application.programs.extracting_runner import ExtractingRunner
from domain.events import AgentEvent
from domain.extraction import ExtractionRule
from domain.ids import CallId
from domain.process_events import Extraction, Log
from domain.task import Task
from domain.thinking_events import Message
from domain.tool_events import ToolCallComplete
from ports.runner import Completed, Outcome, RunContext
from tests.react_fakes import FakeContext, react_task

NUMBER = ExtractionRule(name="n", pattern="[0-9]+")
SAID = Message(message_id="m", role="assistant", content="one 1\nand 2")
RESULT = ToolCallComplete(
    call_id=CallId("c"), tool_name="shell", status="ok", result="3", duration_ms=1
)
LINE = Log(line="\x1b[1m4\x1b[0m", line_num=7, stream="stderr")


@dataclass
class Emitting:
    events: tuple[AgentEvent, ...]
    answer: str

    async def run(self, task: Task, context: RunContext) -> Outcome:
        for event in self.events:
            await context.emit(event)
        return Completed(final_answer=self.answer)


def found(value: str, line_num: int) -> Extraction:
    return Extraction(rule="n", value=value, line_num=line_num)


async def emitted(runner: Emitting, *rules: ExtractionRule) -> list[AgentEvent]:
    context = FakeContext()
    task = replace(react_task(), rules=rules)
    extracting = ExtractingRunner(runner, matcher=RegexPatternMatcher())
    assert await extracting.run(task, context) == Completed(final_answer=runner.answer)
    return context.events


async def test_what_is_found_follows_what_it_was_found_in() -> None:
    assert await emitted(Emitting((SAID, RESULT, LINE), "5"), NUMBER) == [
        SAID,
        found("1", 1),
        found("2", 1),
        RESULT,
        found("3", 2),
        LINE,
        found("4", 7),
        found("5", 3),
    ]


async def test_an_answer_that_was_a_message_is_looked_at_once() -> None:
    assert await emitted(Emitting((SAID,), SAID.content), NUMBER) == [
        SAID,
        found("1", 1),
        found("2", 1),
    ]


async def test_without_rules_nothing_is_added() -> None:
    assert await emitted(Emitting((SAID, LINE), "5")) == [SAID, LINE]
