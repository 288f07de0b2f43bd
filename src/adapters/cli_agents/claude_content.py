"""Parses the content blocks of Claude Code's messages: text, thinking, tool calls and results."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.claude_messages import ModelMessage
from adapters.cli_agents.claude_task_list import ClaudeTaskList
from adapters.cli_agents.json_lines_parser import JsonObject
from adapters.cli_agents.model_turns import Iterations
from adapters.cli_agents.readable_text import result_text
from adapters.cli_agents.tool_calls import ToolCalls
from adapters.system.schema_drift import Read, UnknownShape
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

    def assistant_blocks(
        self, content: Sequence[JsonObject], message: ModelMessage
    ) -> Iterator[Read]:
        calls = sum(block.get("type") in _CALLS for block in content)
        for block in content:
            match block:
                case {"type": "text", "text": str(text)}:
                    yield from self._text(text, message)
                case {"type": "thinking", "thinking": str(thought)}:
                    yield ThinkComplete(
                        iteration=self._iterations.current,
                        content=thought,
                        reasoning=thought,
                        tool_call_count=calls,
                        parent_call_id=message.parent,
                    )
                case {"type": "redacted_thinking"}:
                    continue
                case {"type": "image" | "document"}:
                    yield from self._text(result_text([block]), message)
                case _:
                    yield from self._call_or_result(block, message.parent)

    def user_blocks(self, content: Sequence[JsonObject]) -> Iterator[Read]:
        """Tool results; other blocks are input that the log already has."""
        for block in content:
            match block:
                case {"type": "text" | "image" | "document"}:
                    continue
                case _:
                    yield from self._call_or_result(block)

    def deny(self, call_id: str) -> None:
        if self._calls.is_open(call_id):
            self._denied.add(call_id)

    def _text(self, text: str, message: ModelMessage) -> Iterator[Read]:
        message_id = message.text_id(message.texts_complete)
        message.texts_complete += 1
        if text:
            yield Message(
                message_id=message_id,
                role="assistant",
                content=text,
                parent_call_id=message.parent,
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
                    yield from self._task_list.succeeded(call_id, result)
                else:
                    self._task_list.failed(call_id)
            case {"type": str(kind)}:
                yield UnknownShape(f"content {kind}")
            case _:
                yield UnknownShape("content without a type")

    def _status(self, call_id: str, result: str, *, is_error: bool) -> ToolStatus:
        if call_id in self._denied:
            self._denied.discard(call_id)
            return "denied"
        if not is_error:
            return "ok"
        return "denied" if _DENIED.search(result, 0, 500) else "error"
