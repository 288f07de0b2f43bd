"""Iterations between an agent and its model, and messages joined from deltas."""

from collections.abc import Iterator

from domain.thinking_events import IterationStart, Message, MessageDelta

_UNLIMITED = 0  # agents do not report a maximum
_MOST_CHARS = 4 * 1024 * 1024  # a longer one becomes several messages, to bound memory


class Iterations:
    def __init__(self) -> None:
        self._number = 0
        self._is_answered = True

    @property
    def current(self) -> int:
        """At least 1: events before the first iteration belong to it."""
        return max(self._number, 1)

    @property
    def count(self) -> int | None:
        return self._number or None

    def begin(self) -> Iterator[IterationStart]:
        self._number += 1
        self._is_answered = False
        yield IterationStart(iteration=self._number, max_iterations=_UNLIMITED)

    def begin_after_answer(self) -> Iterator[IterationStart]:
        """For agents without iteration marks: output after a tool result begins one."""
        if self._is_answered:
            yield from self.begin()

    def mark_answered(self) -> None:
        self._is_answered = True


class MessageJoiner:
    """For agents that report deltas and never the complete message."""

    def __init__(self) -> None:
        self._count = 1
        self._deltas: list[str] = []
        self._length = 0
        self._last = ""

    @property
    def last(self) -> str:
        """The last complete message."""
        return self._last

    def add(self, delta: str) -> Iterator[Message | MessageDelta]:
        yield MessageDelta(message_id=self._message_id, text=delta)
        self._deltas.append(delta)
        self._length += len(delta)
        if self._length > _MOST_CHARS:
            yield from self.finish()

    def add_whole(self, text: str) -> Iterator[Message]:
        """A complete message without deltas."""
        yield from self.finish()
        self._deltas.append(text)
        yield from self.finish()

    def finish(self) -> Iterator[Message]:
        """The complete message, if there were deltas since the last one."""
        text = "".join(self._deltas)
        self._deltas, self._length = [], 0
        if text:
            self._last = text
            yield Message(message_id=self._message_id, role="assistant", content=text)
            self._count += 1

    @property
    def _message_id(self) -> str:
        return f"message-{self._count}"
