"""How reasoning that a provider wants back is written down, so that no other is given it."""

from collections.abc import Mapping, Sequence

import msgspec

from ports.language_model import AssistantMessage, KeptReasoning

Json = dict[str, object]


class _Kept(msgspec.Struct, frozen=True):
    format: str
    pieces: list[Json]


def kept(pieces: Sequence[Mapping[str, object]], *, format: str) -> KeptReasoning:
    whole = _Kept(format=format, pieces=[dict(piece) for piece in pieces])
    return KeptReasoning(data=msgspec.json.encode(whole).decode())


def pieces_kept(message: AssistantMessage, *, format: str) -> list[Json]:
    """None for what another format holds, or what cannot be read."""
    if message.kept_reasoning is None:
        return []
    try:
        whole = msgspec.json.decode(message.kept_reasoning, type=_Kept)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return []
    return whole.pieces if whole.format == format else []
