"""Stores the reasoning that a provider requires back, so that no other provider gets it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ports.language_model import AssistantMessage, KeptReasoning, ToolCall

Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The position of reasoning in an answer: providers refuse moved reasoning."""

    chars: int = 0
    """Characters of text before it."""
    calls: int = 0


class _Kept(msgspec.Struct, frozen=True):
    format: str
    pieces: list[Json]
    places: list[Place] = []
    """One for each piece; empty if all came first."""


def stored_reasoning(
    pieces: Sequence[Mapping[str, object]], *, format: str, places: Sequence[Place] = ()
) -> KeptReasoning:
    whole = _Kept(format=format, pieces=[dict(piece) for piece in pieces], places=list(places))
    return KeptReasoning(data=msgspec.json.encode(whole).decode())


def reasoning_pieces(message: AssistantMessage, *, format: str) -> list[Json]:
    """Empty for reasoning in another format, or that cannot be decoded."""
    return _read(message, format).pieces


def in_order(message: AssistantMessage, *, format: str) -> Iterator[Json | str | ToolCall]:
    """The answer in its original order: reasoning, texts (possibly empty) and calls."""
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
