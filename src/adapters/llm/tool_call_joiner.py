"""Joins the deltas of streamed tool calls into complete calls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from domain.errors import ModelRefused
from domain.ids import CallId
from ports.language_model import AssistantMessage, ModelRequest, ToolCall

MAX_ARGUMENT_CHARS = 4 * 1024 * 1024


def tool_arguments(raw: str) -> Mapping[str, object] | None:
    """The JSON object in the text; blank text is an empty object, anything else is None."""
    if not raw.strip():
        return {}
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class FunctionDelta(msgspec.Struct, frozen=True):
    name: str | None = None
    arguments: str | dict[str, object] | None = None
    """Text to be joined; some servers send an object instead."""


class ToolCallDelta(msgspec.Struct, frozen=True):
    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


@dataclass(slots=True)
class _Pieces:
    call_id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class ToolCallJoiner:
    """Deltas with the same index are one call; without an index a name or new id starts one."""

    def __init__(self, *, first_number: int) -> None:
        self._number = first_number
        self._calls: list[_Pieces] = []
        self._by_index: dict[int, _Pieces] = {}
        self._chars = 0

    def add(self, deltas: Sequence[ToolCallDelta]) -> None:
        """Raises ModelRefused if the arguments exceed `MAX_ARGUMENT_CHARS`."""
        for delta in deltas:
            pieces = self._pieces(delta)
            pieces.call_id = pieces.call_id or delta.id or ""
            if delta.function:
                self._add_function(pieces, delta.function)

    def add_whole(self, call: ToolCallDelta) -> None:
        """A complete call."""
        pieces = self._new()
        pieces.call_id = call.id or ""
        if call.function:
            self._add_function(pieces, call.function)

    def calls(self) -> Iterator[ToolCall]:
        """All calls, each with a unique id even if the server sent none or a duplicate."""
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
        # Some servers repeat the name in every delta, so it must not be joined.
        pieces.name = pieces.name or function.name or ""
        written = function.arguments
        if isinstance(written, dict):
            written = msgspec.json.encode(written).decode()
        if written:
            pieces.arguments.append(written)
            self._chars += len(written)
        if self._chars > MAX_ARGUMENT_CHARS:
            raise arguments_too_long()


def _is_another(pieces: _Pieces, delta: ToolCallDelta) -> bool:
    """Some servers send index 0 for every call, others a new id with every delta."""
    is_named = bool(delta.function and delta.function.name)
    return is_named and bool(delta.id and pieces.call_id and delta.id != pieces.call_id)


def arguments_too_long() -> ModelRefused:
    return ModelRefused("the model wrote tool arguments without end")


def calls_so_far(request: ModelRequest) -> int:
    return sum(
        len(message.tool_calls)
        for message in request.messages
        if isinstance(message, AssistantMessage)
    )
