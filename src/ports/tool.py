"""Something a model may call."""

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
    """For the model to read."""
    parameters: Mapping[str, object]
    """A JSON Schema of an object."""
    by_default: bool = True
    """Whether agents have it whose profiles do not name their tools."""
    effects: frozenset[Effect] = frozenset()
    """What a call may do at most. A change of the task's own workspace is no effect."""


async def _nobody_to_tell(plan: Plan) -> None:
    raise ToolError("nobody is told of plans here")


class Ask(Protocol):
    async def __call__(self, question: str, *, choices: Sequence[str] = ()) -> str: ...


async def _nobody_to_ask(question: str, *, choices: Sequence[str] = ()) -> str:
    raise ToolError("there is nobody to ask here")


class Stream(Protocol):
    async def __call__(self, text: str, /, *, of: OutputStream = "text") -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    task_id: TaskId
    call_id: CallId
    profile: AgentProfile
    """Of the agent that calls it: what a process of the tool gets, and its sandbox."""
    workspace: str
    """A tool touches no file outside of it."""
    grace_s: float
    stream: Stream
    """Shows text while the tool still works, and keeps it whole."""
    update_plan: Callable[[Plan], Awaitable[None]] = _nobody_to_tell
    """Shows the plan in place of the one before."""
    ask: Ask = _nobody_to_ask
    """Asks whoever watches the task, and waits for the answer, which may be none of the choices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    content: str
    is_error: bool = False
    """It ran and did not succeed: a command's exit code, for one."""
    truncated: bool = False
    whole: str | None = None
    """All that it gave, where `content` is not; empty where all was streamed."""


class Tool(Protocol):
    @property
    def spec(self) -> ToolSpec: ...

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        """Do it, once. What it starts has ended when it returns or is cancelled.

        Raises ToolError, with a message for the model, when the arguments are wrong or the thing
        cannot be done.
        """
