"""The items of a Codex turn: messages, thoughts, tool calls, the list of steps, warnings."""

from collections.abc import Iterator

from adapters.cli_agents.codex_tools import CodexCall, codex_call
from adapters.cli_agents.drift_report import Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject
from adapters.cli_agents.plan import Plan, phases
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.tool_calls import ToolCalls
from domain.task_events import Error
from domain.thinking_events import Message, MessageDelta, ThinkComplete


class CodexItems:
    def __init__(self, *, calls: ToolCalls, iterations: Iterations) -> None:
        self._calls = calls
        self._iterations = iterations
        self._plan = Plan()
        self._in_pieces: dict[str, int] = {}
        self._last_message = ""

    @property
    def last_message(self) -> str:
        return self._last_message

    def read(self, stage: str, item: JsonObject) -> Iterator[Read]:
        """The stage is `started`, `updated` or `completed`."""
        match item:
            case {"type": "agent_message", "id": str(id_), "text": str(text)}:
                yield from self._iterations.model_speaks()
                yield from self._message(stage, id_, text)
            case {"type": "reasoning", "text": str(text)}:
                yield from self._iterations.model_speaks()
                if stage == "completed":
                    yield ThinkComplete(
                        iteration=self._iterations.current,
                        content=text,
                        reasoning=text,
                        tool_call_count=0,
                    )
            case {"type": "error", "message": str(message)}:
                error = readable_error(message)
                yield Error(message=error, phase="agent", recoverable=True)
            case {"type": "todo_list", "items": list(steps)} if (
                plan := phases(steps, text_key="text")
            ) is not None:
                yield from self._plan.becomes(plan)
            case {"id": str(id_)} if call := codex_call(item):
                yield from self._tool_call(stage, id_, call)
            case {"type": str(kind)}:
                yield Unfamiliar(f"item {kind}")
            case _:
                yield Unfamiliar("item without a type")

    def _message(self, stage: str, message_id: str, text: str) -> Iterator[Read]:
        if stage == "completed":
            self._in_pieces.pop(message_id, None)
            self._last_message = text
            yield Message(message_id=message_id, role="assistant", content=text)
            return
        told = self._in_pieces.get(message_id, 0)
        if len(text) > told:
            self._in_pieces[message_id] = len(text)
            yield MessageDelta(message_id=message_id, text=text[told:])

    def _tool_call(self, stage: str, call_id: str, call: CodexCall) -> Iterator[Read]:
        if not self._calls.any_open:
            yield from self._iterations.model_speaks()
        yield from self._calls.start(call_id, tool_name=call.tool_name, arguments=call.arguments)
        if stage == "completed":
            yield from self._calls.complete(
                call_id, status=call.status, result=call.output, error=call.error
            )
            self._iterations.tool_answers()
        else:
            yield from self._calls.grow(call_id, output=call.output)
