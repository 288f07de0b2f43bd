"""Joins the pieces of streamed tool calls into whole calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from adapters.llm.chat_chunk import FunctionDelta, ToolCallDelta
from adapters.llm.tool_arguments import tool_arguments
from domain.errors import ModelRefused
from domain.ids import CallId
from ports.language_model import ToolCall

MAX_ARGUMENT_CHARS = 4 * 1024 * 1024


@dataclass(slots=True)
class _Pieces:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ToolCallJoiner:
    """Pieces with the same index are one call; without an index, a name or a new id begins one."""

    def __init__(self, *, first_number: int) -> None:
        self._number = first_number
        self._calls: list[_Pieces] = []
        self._by_index: dict[int, _Pieces] = {}
        self._chars = 0

    def add(self, deltas: Sequence[ToolCallDelta]) -> None:
        """Raises ModelRefused when the arguments grow beyond all measure."""
        for delta in deltas:
            pieces = self._pieces(delta)
            pieces.call_id = pieces.call_id or delta.id or ""
            if delta.function:
                self._add_function(pieces, delta.function)

    def add_whole(self, call: ToolCallDelta) -> None:
        """A call that did not come in pieces."""
        pieces = self._new()
        pieces.call_id = call.id or ""
        if call.function:
            self._add_function(pieces, call.function)

    def calls(self) -> Iterator[ToolCall]:
        """Every call, with an id of its own even if the server gave none or gave one twice."""
        seen: set[str] = set()
        for number, pieces in enumerate(self._calls, self._number):
            call_id = pieces.call_id
            if not call_id or call_id in seen:
                call_id = f"call_{number}"
            seen.add(call_id)
            raw = "".join(pieces.arguments)
            yield ToolCall(
                call_id=CallId(call_id),
                tool_name=pieces.name,
                arguments=tool_arguments(raw),
                raw_arguments=raw,
            )

    def _pieces(self, delta: ToolCallDelta) -> _Pieces:
        if delta.index is None:
            return self._new() if self._begins_a_call(delta) else self._calls[-1]
        pieces = self._by_index.get(delta.index)
        if pieces is None or _is_another(pieces, delta):
            pieces = self._by_index[delta.index] = self._new()
        return pieces

    def _begins_a_call(self, delta: ToolCallDelta) -> bool:
        if not self._calls:
            return True
        if delta.id:
            return delta.id != self._calls[-1].call_id
        return bool(delta.function and delta.function.name)

    def _new(self) -> _Pieces:
        self._calls.append(_Pieces())
        return self._calls[-1]

    def _add_function(self, pieces: _Pieces, function: FunctionDelta) -> None:
        # Some servers repeat the name in every piece, so that it must not be joined.
        pieces.name = pieces.name or function.name or ""
        written = function.arguments
        if isinstance(written, dict):
            written = msgspec.json.encode(written).decode()
        if written:
            pieces.arguments.append(written)
            self._chars += len(written)
        if self._chars > MAX_ARGUMENT_CHARS:
            raise endless_arguments()


def _is_another(pieces: _Pieces, delta: ToolCallDelta) -> bool:
    """Some servers give every call the index 0, others every piece an id of its own."""
    is_named = bool(delta.function and delta.function.name)
    return is_named and bool(delta.id and pieces.call_id and delta.id != pieces.call_id)


def endless_arguments() -> ModelRefused:
    return ModelRefused("the model wrote tool arguments without end")
