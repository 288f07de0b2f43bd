"""Joins the pieces of a message whose whole an agent never tells."""

from collections.abc import Iterator

from domain.thinking_events import Message, MessageDelta

_MOST_CHARS = 4 * 1024 * 1024  # what is longer becomes several messages: memory is bounded


class SpokenMessage:
    def __init__(self) -> None:
        self._count = 1
        self._pieces: list[str] = []
        self._length = 0
        self._last = ""

    @property
    def last(self) -> str:
        """The last whole message."""
        return self._last

    def add(self, piece: str) -> Iterator[Message | MessageDelta]:
        yield MessageDelta(message_id=self._message_id, text=piece)
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length > _MOST_CHARS:
            yield from self.whole()

    def say(self, text: str) -> Iterator[Message]:
        """A message in one piece."""
        yield from self.whole()
        self._pieces.append(text)
        yield from self.whole()

    def whole(self) -> Iterator[Message]:
        """Nothing where nothing was said since the last one."""
        text = "".join(self._pieces)
        self._pieces, self._length = [], 0
        if text:
            self._last = text
            yield Message(message_id=self._message_id, role="assistant", content=text)
            self._count += 1

    @property
    def _message_id(self) -> str:
        return f"message-{self._count}"
