"""Cuts the results of tools in a conversation, so that the rest of it has room."""

from collections.abc import Sequence
from dataclasses import replace

from application.react.message_size import size_of, text_size
from ports.language_model import ModelMessage, ToolMessage

KEPT_BYTES = 200
_NOTE_BYTES = 100


def is_worth_it(message: ToolMessage) -> bool:
    return size_of(message) > KEPT_BYTES + _NOTE_BYTES


def shortened(message: ToolMessage, *, kept: int = KEPT_BYTES) -> ToolMessage:
    start = message.content.encode(errors="replace")[:kept].decode(errors="ignore")
    gone = len(message.content) - len(start)
    return replace(message, content=f"{start}\n[{gone} characters of this old result were cut]")


def evenly_shortened(messages: Sequence[ModelMessage], room: int) -> list[ModelMessage]:
    """All results get the same room at most; what needs less of it is kept whole."""
    results = [text_size(one.content) for one in messages if isinstance(one, ToolMessage)]
    others = sum(map(size_of, messages)) - sum(results)
    share = _share(sorted(results), room - others)
    return [
        shortened(one, kept=max(share - _NOTE_BYTES, KEPT_BYTES))
        if isinstance(one, ToolMessage) and text_size(one.content) > share and is_worth_it(one)
        else one
        for one in messages
    ]


def _share(sizes: Sequence[int], room: int) -> int:
    """The smallest come first; what they leave is for the others."""
    for at, size in enumerate(sizes):
        share = room // (len(sizes) - at)
        if size > share:
            return share
        room -= size
    return max(sizes, default=0)
