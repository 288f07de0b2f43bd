"""The blocks of which Claude Code's messages are made: text, thoughts, tool calls, results."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.claude_messages import HeardMessage
from adapters.cli_agents.claude_task_list import ClaudeTaskList
from adapters.cli_agents.drift_report import Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject
from adapters.cli_agents.result_text import result_text
from adapters.cli_agents.tool_calls import ToolCalls
from domain.thinking_events import Message, ThinkComplete
from domain.tool_events import ToolStatus

_DENIED = re.compile(
    r"requested permissions? to "
    r"|[Pp]ermission to [^\n]{1,400} has been denied"
    r"|doesn't want to (?:proceed with this tool use|take this action)"
)
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")


class ClaudeContent:
    def __init__(self, *, calls: ToolCalls, iterations: Iterations) -> None:
        self._calls = calls
        self._iterations = iterations
        self._task_list = ClaudeTaskList()
        self._denied: set[str] = set()

    def said(self, content: Sequence[JsonObject], heard: HeardMessage) -> Iterator[Read]:
        calls = sum(block.get("type") in _CALLS for block in content)
        for block in content:
            match block:
                case {"type": "text", "text": str(text)}:
                    yield from self._text(text, heard)
                case {"type": "thinking", "thinking": str(thought)}:
                    yield ThinkComplete(
                        iteration=self._iterations.current,
                        content=thought,
                        reasoning=thought,
                        tool_call_count=calls,
                        parent_call_id=heard.parent,
                    )
                case {"type": "redacted_thinking"}:
                    continue
                case {"type": "image" | "document"}:
                    yield from self._text(result_text([block]), heard)
                case _:
                    yield from self._call_or_result(block, heard.parent)

    def answered(self, content: Sequence[JsonObject]) -> Iterator[Read]:
        """What is handed to the model: results, and words that the task already holds."""
        for block in content:
            match block:
                case {"type": "text" | "image" | "document"}:
                    continue
                case _:
                    yield from self._call_or_result(block)

    def deny(self, call_id: str) -> None:
        if self._calls.is_open(call_id):
            self._denied.add(call_id)

    def _text(self, text: str, heard: HeardMessage) -> Iterator[Read]:
        message_id = heard.text_id(heard.texts_whole)
        heard.texts_whole += 1
        if text:
            yield Message(
                message_id=message_id,
                role="assistant",
                content=text,
                parent_call_id=heard.parent,
            )

    def _call_or_result(self, block: JsonObject, parent: str | None = None) -> Iterator[Read]:
        match block:
            case {
                "type": "tool_use" | "server_tool_use" | "mcp_tool_use",
                "id": str(call_id),
                "name": str(name),
                "input": dict(arguments),
            }:
                yield from self._calls.start(
                    call_id, tool_name=name, arguments=arguments, parent=parent
                )
                self._task_list.call(call_id, tool_name=name, arguments=arguments)
            case {"type": str(kind), "tool_use_id": str(call_id)} if kind.endswith("tool_result"):
                result = result_text(block.get("content"))
                status = self._status(call_id, result, is_error=block.get("is_error") is True)
                yield from self._calls.complete(call_id, status=status, result=result)
                if status == "ok":
                    yield from self._task_list.done(call_id, result)
                else:
                    self._task_list.failed(call_id)
            case {"type": str(kind)}:
                yield Unfamiliar(f"content {kind}")
            case _:
                yield Unfamiliar("content without a type")

    def _status(self, call_id: str, result: str, *, is_error: bool) -> ToolStatus:
        if call_id in self._denied:
            self._denied.discard(call_id)
            return "denied"
        if not is_error:
            return "ok"
        return "denied" if _DENIED.search(result, 0, 500) else "error"
