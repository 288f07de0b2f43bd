"""Counts the turns between an agent and its model, as far as they can be seen from outside."""

from collections.abc import Iterator

from domain.thinking_events import IterationStart

_UNTOLD = 0  # agents do not say how many they would make at most


class Iterations:
    def __init__(self) -> None:
        self._number = 0
        self._is_answered = True

    @property
    def current(self) -> int:
        """At least 1: what comes before the first is taken as its part."""
        return max(self._number, 1)

    @property
    def count(self) -> int | None:
        return self._number or None

    def begin(self) -> Iterator[IterationStart]:
        self._number += 1
        self._is_answered = False
        yield IterationStart(iteration=self._number, max_iterations=_UNTOLD)

    def model_speaks(self) -> Iterator[IterationStart]:
        """Of an agent that does not mark its turns: a model that has its answer begins a new one."""
        if self._is_answered:
            yield from self.begin()

    def tool_answers(self) -> None:
        self._is_answered = True
