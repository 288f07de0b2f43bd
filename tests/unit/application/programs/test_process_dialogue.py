"""A program that asks while it runs, and the answers it gets."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import anyio
import pytest

from adapters.cli_agents.claude_code_parser import ClaudeCodeParser
from domain.agent_profile import AgentProfile
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval
from domain.errors import LeaseLost
from domain.ids import AgentName
from domain.process_events import ProcessExited
from ports.runner import Completed, Failed, Outcome
from tests.command_runner_fakes import command_runner
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, FakeProcessHost, RecordingContext, process_task

PROFILE = AgentProfile(
    name=AgentName("claude-code"),
    kind="claude-code",
    argv=("claude",),
    hand_over="protocol",
    pty=False,
    approvals={"default": "ask"},
)
YES = ApprovalDecision(decision="approved", by="ada")


@dataclass(kw_only=True)
class AskedContext(RecordingContext):
    """Answers its questions when the test does, by their `call_id`."""

    answers: dict[str, asyncio.Future[ApprovalDecision]] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    withdrawn: dict[str, Callable[[], bool]] = field(default_factory=dict)

    async def approve(
        self,
        request: ApprovalRequest,
        *,
        asked: StoredApproval | None = None,
        is_withdrawn: Callable[[], bool] = lambda: False,
    ) -> ApprovalDecision:
        self.asked.append(request)
        self.withdrawn[request.call_id] = is_withdrawn
        answer: asyncio.Future[ApprovalDecision] = asyncio.get_running_loop().create_future()
        self.answers[request.call_id] = answer
        try:
            return await answer
        except asyncio.CancelledError:
            self.given_up.append(request.call_id)
            raise


class Run:
    """A run of a program whose output a test writes."""

    def __init__(self) -> None:
        self.process = FakeProcess()
        self.context = AskedContext(profile=PROFILE)
        runner = command_runner(
            FakeProcessHost(self.process), parsers={"claude-code": ClaudeCodeParser(FakeClock())}
        )
        self.running = asyncio.ensure_future(runner.run(process_task("do it"), self.context))

    def writes(self, **message: object) -> None:
        self.process.emit(json.dumps(message) + "\n", "stdout")

    def asks(self, name: str) -> None:
        request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {}}
        request["tool_use_id"] = name
        self.writes(type="control_request", request_id=name, request=request)

    async def until(self, is_so: Callable[[], bool]) -> None:
        with anyio.fail_after(PATIENCE_S):
            while not is_so():
                await anyio.lowlevel.checkpoint()

    async def ended(self) -> Outcome:
        with anyio.fail_after(PATIENCE_S):
            return await self.running

    @property
    def answered(self) -> list[str]:
        """The questions that the program has an answer to."""
        lines = b"".join(self.process.typed).decode().splitlines()
        responses = [json.loads(line)["response"] for line in lines]
        return [response["request_id"] for response in responses]


async def test_what_it_writes_is_read_on_while_a_question_waits() -> None:
    run = Run()
    run.asks("one")
    run.asks("two")
    run.writes(type="assistant", message={"id": "m", "content": [{"type": "text", "text": "hi"}]})
    await run.until(lambda: len(run.context.answers) == 2)
    await run.until(lambda: "Message" in [type(event).__name__ for event in run.context.events])

    assert run.answered == []
    run.context.answers["two"].set_result(YES)
    await run.until(lambda: run.answered == ["two"])
    run.context.answers["one"].set_result(YES)
    await run.until(lambda: run.answered == ["two", "one"])
    run.process.end()
    await run.ended()


async def test_what_is_asked_again_while_it_waits_is_asked_and_answered_once() -> None:
    run = Run()
    run.asks("one")
    run.asks("one")
    run.writes(type="assistant", message={"id": "m", "content": [{"type": "text", "text": "hi"}]})
    await run.until(lambda: "Message" in [type(event).__name__ for event in run.context.events])
    await run.until(lambda: "one" in run.context.answers)

    run.context.answers["one"].set_result(YES)
    await run.until(lambda: run.answered == ["one"])
    run.writes(type="result", subtype="success", is_error=False, result="done")
    await run.until(lambda: not run.process.input_is_open)
    run.process.end()
    assert isinstance(await run.ended(), Completed)
    assert [request.call_id for request in run.context.asked] == ["one"]


async def test_its_input_ends_with_its_task_but_not_while_it_still_asks() -> None:
    run = Run()
    run.asks("late")
    run.writes(type="result", subtype="success", is_error=False, result="done")
    await run.until(lambda: "late" in run.context.answers)

    assert run.process.input_is_open
    run.context.answers["late"].set_result(YES)
    await run.until(lambda: not run.process.input_is_open)
    assert run.answered == ["late"]
    run.process.end()
    await run.ended()


async def test_a_question_that_it_withdraws_is_withdrawn_and_not_answered() -> None:
    run = Run()
    run.asks("one")
    await run.until(lambda: "one" in run.context.answers)
    assert not run.context.withdrawn["one"]()

    run.writes(type="control_cancel_request", request_id="one")
    await run.until(run.context.withdrawn["one"])
    run.context.answers["one"].set_result(ApprovalDecision(decision="expired", by="policy"))
    run.writes(type="result", subtype="success", is_error=False, result="done")
    await run.until(lambda: not run.process.input_is_open)

    assert run.answered == []
    run.process.end()
    await run.ended()


async def test_an_error_while_it_is_asked_ends_the_run_with_that_error() -> None:
    run = Run()
    run.asks("one")
    run.asks("two")
    await run.until(lambda: len(run.context.answers) == 2)

    run.context.answers["one"].set_exception(LeaseLost("gone"))
    with pytest.raises(LeaseLost):
        await run.ended()

    assert run.process.was_left
    assert run.context.given_up == ["two"]


async def test_a_run_that_is_cancelled_asks_no_more() -> None:
    run = Run()
    run.asks("one")
    await run.until(lambda: "one" in run.context.answers)

    run.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run.ended()

    assert run.context.given_up == ["one"]
    assert run.process.graces == [5.0]


async def test_a_program_that_ends_while_it_asks_leaves_no_question() -> None:
    run = Run()
    run.asks("one")
    await run.until(lambda: "one" in run.context.answers)

    run.process.end()
    await run.ended()

    assert run.context.given_up == ["one"]


async def test_a_rule_that_cannot_be_kept_stops_the_program_with_that_error() -> None:
    run = Run()
    run.context.profile = replace(PROFILE, approvals={"bash": "deny"})
    run.writes(type="system", subtype="init", session_id="s", tools=["Bash"])

    outcome = await run.ended()

    assert isinstance(outcome, Failed)
    assert (outcome.reason, "no tool 'bash'" in outcome.error) == ("start_failed", True)
    assert isinstance(run.context.events[-1], ProcessExited)
    assert run.process.graces == [5.0]
