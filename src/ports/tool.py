"""A tool that a model may call, and what it gets and returns."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.approval import Effect
from domain.errors import ToolError
from domain.ids import CallId, TaskId
from domain.plan import Plan
from domain.tool_events import OutputStream


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    name: str
    description: str
    """For the model."""
    parameters: Mapping[str, object]
    """A JSON Schema of an object."""
    by_default: bool = True
    """Whether agents have it whose profile lists no tools."""
    effects: frozenset[Effect] = frozenset()
    """All that a call may do. Changes of the task's own workspace are no effect."""


async def _no_plan(plan: Plan) -> None:
    raise ToolError("plans are not shown here")


class Ask(Protocol):
    async def __call__(self, question: str, *, choices: Sequence[str] = ()) -> str: ...


async def _no_answer(question: str, *, choices: Sequence[str] = ()) -> str:
    raise ToolError("there is nobody to ask here")


class Stream(Protocol):
    async def __call__(self, text: str, /, *, of: OutputStream = "text") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    task_id: TaskId
    call_id: CallId
    profile: AgentProfile
    """Of the calling agent: environment and sandbox of the tool's processes."""
    workspace: str
    """A tool accesses no file outside of it."""
    grace_s: float
    stream: Stream
    """Emits output while the tool runs, and stores all of it."""
    update_plan: Callable[[Plan], Awaitable[None]] = _no_plan
    """Emits the plan, which replaces the previous one."""
    ask: Ask = _no_answer
    """Asks a person and waits for the answer, which may be none of the choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    content: str
    is_error: bool = False
    """It ran without success, such as a command with an exit code."""
    truncated: bool = False
    whole: str | None = None
    """The complete result if `content` is cut; empty if all of it was streamed."""


class Tool(Protocol):
    @property
    def spec(self) -> ToolSpec: ...

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        """Processes it starts have ended when it returns or is cancelled.

        Raises ToolError, with a message for the model, for wrong arguments and failures.
        """
