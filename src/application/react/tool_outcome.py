"""The outcome of a tool call."""

from dataclasses import dataclass, replace

from application.recall.conversation import CUT_NOTE
from domain.json_values import without_surrogates
from domain.tool_events import ToolStatus
from ports.tool import ToolResult

MAX_RESULT_CHARS = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutcome:
    """`error` is set for a call that was not carried out."""

    result: ToolResult
    error: str | None = None
    is_denied: bool = False

    @property
    def status(self) -> ToolStatus:
        if self.is_denied:
            return "denied"
        return "error" if self.error or self.result.is_error else "ok"

    @property
    def observation(self) -> str:
        if self.error is not None:
            return f"Error: {self.error}"
        return self.result.content + CUT_NOTE * self.result.truncated


def failed(error: str) -> ToolOutcome:
    return ToolOutcome(result=ToolResult(content="", is_error=True), error=error)


def bounded(result: ToolResult) -> ToolResult:
    content = without_surrogates(result.content[:MAX_RESULT_CHARS])
    is_cut = len(result.content) > MAX_RESULT_CHARS
    return replace(result, content=content, truncated=result.truncated or is_cut)
