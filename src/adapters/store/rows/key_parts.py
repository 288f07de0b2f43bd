"""Long lists of keys, in parts that a statement can take."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

Key = TypeVar("Key")

# Both databases bound the number of parameters; far below that, one more query costs little.
_KEYS_AT_ONCE = 1000


def in_parts(keys: Collection[Key]) -> Iterator[Sequence[Key]]:
    every = list(keys)
    for start in range(0, len(every), _KEYS_AT_ONCE):
        yield every[start : start + _KEYS_AT_ONCE]
