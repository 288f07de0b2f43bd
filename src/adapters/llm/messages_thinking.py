"""Gathers the reasoning of an answer of Anthropic's Messages, signed, to be sent back as it came."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.llm.kept_reasoning import Json, Place
from adapters.llm.messages_event import Block, EventDelta

MESSAGES_FORMAT = "messages"


@dataclass(slots=True)
class _Thought:
    data: str | None
    place: Place
    text: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)


class MessagesThinking:
    def __init__(self) -> None:
        self._thoughts: dict[int, _Thought] = {}

    def begin(self, index: int, block: Block, *, place: Place) -> None:
        data = block.data or "" if block.type == "redacted_thinking" else None
        thought = self._thoughts[index] = _Thought(data=data, place=place)
        thought.text.append(block.thinking or "")
        thought.signature.append(block.signature or "")

    def go_on(self, index: int, delta: EventDelta) -> None:
        if thought := self._thoughts.get(index):
            thought.text.append(delta.thinking or "")
            thought.signature.append(delta.signature or "")

    def blocks(self) -> Sequence[tuple[Json, Place]]:
        """Only what is signed, or sealed: the provider refuses any other."""
        return [
            (block, thought.place)
            for thought in self._thoughts.values()
            if (block := _block(thought)) is not None
        ]


def _block(thought: _Thought) -> Json | None:
    if thought.data is not None:
        return {"type": "redacted_thinking", "data": thought.data}
    if signature := "".join(thought.signature):
        return {"type": "thinking", "thinking": "".join(thought.text), "signature": signature}
    return None
