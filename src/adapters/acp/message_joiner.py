"""Joins streamed chunks of messages and reasoning into complete ones."""

from collections.abc import Iterator

from domain.events import AgentEvent
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta

_MOST_CHARS = 4 * 1024 * 1024  # a longer one becomes several, to bound memory


class MessageJoiner:
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._is_thought = False
        self._named: str | None = None
        self._part = 0
        self._messages = 0
        self._thoughts = 0
        self._last = ""

    @property
    def last(self) -> str:
        """The last complete message."""
        return self._last

    def add_text(self, text: str, *, message_id: str | None) -> Iterator[AgentEvent]:
        if self._is_thought or message_id != self._named:
            yield from self.finish()
        if not self._pieces:
            self._begin(message_id)
        self._add(text)
        yield MessageDelta(message_id=self._message_id, text=text)
        if self._length > _MOST_CHARS:
            yield from self.finish()

    def add_thought(self, text: str) -> Iterator[AgentEvent]:
        if not self._is_thought:
            yield from self.finish()
        if not self._pieces:
            self._is_thought = True
            self._thoughts += 1
        self._add(text)
        yield ThinkDelta(iteration=self._thoughts, text=text)
        if self._length > _MOST_CHARS:
            yield from self.finish()

    def finish(self) -> Iterator[AgentEvent]:
        """Complete the open message or thought, if any."""
        text, is_thought = "".join(self._pieces), self._is_thought
        self._pieces, self._length, self._is_thought = [], 0, False
        if not text:
            return
        if is_thought:
            yield ThinkComplete(
                iteration=self._thoughts, content=text, reasoning=text, tool_call_count=0
            )
        else:
            self._last = text
            yield Message(message_id=self._message_id, role="assistant", content=text)

    def _begin(self, named: str | None) -> None:
        self._part = self._part + 1 if named is not None and named == self._named else 1
        self._messages += 1
        self._named = named

    def _add(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    @property
    def _message_id(self) -> str:
        if self._named is None:
            return f"message-{self._messages}"
        return self._named if self._part == 1 else f"{self._named}-{self._part}"
