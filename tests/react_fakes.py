"""A scripted model, tool and run context for the tests of the ReAct agent."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import anyio

from application.react.retry import Retry
from application.react.runner import WINDOW_TOKENS, ReactRunner
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.approval import ApprovalDecision, ApprovalRequest
from domain.events import AgentEvent
from domain.ids import AgentName, CallId, SessionId, SessionKey, TaskId
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from domain.usage import Usage
from ports.language_model import LanguageModel, ModelPart, ModelRequest, ModelUsage, ToolCall
from ports.tool import Tool, ToolContext, ToolResult, ToolSpec
from tests.fakes import CountingIdSource, FakeClock
from tests.process_fakes import APPROVED, THINKING, RecordingContext
from tests.seeded_session import SeededSession

Step = ModelPart | Exception | anyio.Event
"""A part is given, an error raised, an event waited for."""


class FakeModel:
    """Each request takes the next of the answers, the last one for ever."""

    def __init__(self, *answers: Sequence[Step]) -> None:
        self._answers = list(answers)
        self.requests: list[ModelRequest] = []
        self.left_early = 0

    @property
    def name(self) -> str:
        return "fake"

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        try:
            for step in answer:
                match step:
                    case Exception():
                        raise step
                    case anyio.Event():
                        await step.wait()
                    case _:
                        yield step
        except (GeneratorExit, anyio.get_cancelled_exc_class()):
            self.left_early += 1
            raise


class FakeTool:
    def __init__(
        self, name: str, act: Callable[[Mapping[str, object], ToolContext], Awaitable[ToolResult]]
    ) -> None:
        self.spec = ToolSpec(name=name, description=f"{name}.", parameters={"type": "object"})
        self._act = act

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        return await self._act(arguments, context)


@dataclass(kw_only=True)
class FakeContext(RecordingContext):
    profile: AgentProfile = THINKING
    decision: ApprovalDecision = APPROVED

    async def keep_thread(self, thread: AgentThread) -> None:
        raise AssertionError("a model has no conversation of its own")

    async def forget_thread(self) -> None:
        raise AssertionError("a model has no conversation of its own")

    async def decide(self, request: ApprovalRequest) -> ApprovalDecision:
        return self.decision

    async def until_emitted(self, event_class: type[AgentEvent]) -> None:
        await self.until(lambda: any(isinstance(event, event_class) for event in self.events))


@dataclass(slots=True)
class Waits:
    """Replaces sleeping, and records the delays."""

    delays: list[float] = field(default_factory=list)

    async def __call__(self, delay_s: float) -> None:
        self.delays.append(delay_s)
        await anyio.lowlevel.checkpoint()


def react_runner(
    model: LanguageModel,
    *tools: Tool,
    waits: Waits | None = None,
    tries: int = 4,
    log: SeededSession | None = None,
    window_tokens: int = WINDOW_TOKENS,
    ids: CountingIdSource | None = None,
) -> ReactRunner:
    """Text is joined until an answer's end, so that the events do not depend on time."""
    return ReactRunner(
        model=model,
        tools=tools,
        memory=(log or SeededSession()).memory(),
        clock=FakeClock(),
        ids=ids or CountingIdSource(),
        retry=Retry(tries=tries, sleep=waits or Waits()),
        join_s=60,
        window_tokens=window_tokens,
    )


def react_task(text: str = "do it") -> Task:
    return Task(
        task_id=TaskId("task_1"),
        session_key=SessionKey(1),
        session_id=SessionId("s"),
        principal=LOCAL,
        agent=AgentName("react"),
        text=text,
        status=TaskStatus.RUNNING,
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


def tool_call(tool_name: str, call_id: str = "m1", **arguments: object) -> ToolCall:
    return ToolCall(
        call_id=CallId(call_id), tool_name=tool_name, arguments=arguments, raw_arguments="as given"
    )


def usage(input_tokens: int, output_tokens: int) -> ModelUsage:
    total = input_tokens + output_tokens
    return ModelUsage(
        model="fake-1",
        usage=Usage(input_tokens=input_tokens, output_tokens=output_tokens, total_tokens=total),
    )


async def ok(_: Mapping[str, object], context: ToolContext) -> ToolResult:
    return ToolResult(content=f"done in {context.workspace}")
