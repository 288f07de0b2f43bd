"""How reasoning that a provider wants back is written down, so that no other is given it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ports.language_model import AssistantMessage, KeptReasoning, ToolCall

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in an answer it came: providers refuse reasoning that was moved."""

    chars: int = 0
    """Of the text before it."""
    calls: int = 0


class _Kept(msgspec.Struct, frozen=True):
    format: str
    pieces: list[Json]
    places: list[Place] = []
    """One for each piece; none if all came first."""


def kept(
    pieces: Sequence[Mapping[str, object]], *, format: str, places: Sequence[Place] = ()
) -> KeptReasoning:
    whole = _Kept(format=format, pieces=[dict(piece) for piece in pieces], places=list(places))
    return KeptReasoning(data=msgspec.json.encode(whole).decode())


def pieces_kept(message: AssistantMessage, *, format: str) -> list[Json]:
    """None for what another format holds, or what cannot be read."""
    return _read(message, format).pieces


def in_order(message: AssistantMessage, *, format: str) -> Iterator[Json | str | ToolCall]:
    """The whole answer as it came: pieces of reasoning, texts that may be empty, and calls."""
    whole = _read(message, format)
    places = whole.places or [Place()] * len(whole.pieces)
    chars = calls = 0
    for piece, place in zip(whole.pieces, places, strict=False):
        yield message.content[chars : place.chars]
        yield from message.tool_calls[calls : place.calls]
        chars, calls = place.chars, place.calls
        yield piece
    yield message.content[chars:]
    yield from message.tool_calls[calls:]


def _read(message: AssistantMessage, format: str) -> _Kept:
    nothing = _Kept(format=format, pieces=[])
    if message.kept_reasoning is None:
        return nothing
    try:
        whole = msgspec.json.decode(message.kept_reasoning, type=_Kept)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return nothing
    return whole if whole.format == format else nothing
