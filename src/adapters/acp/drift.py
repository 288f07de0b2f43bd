"""Keeps what an agent sends that is not known here, and says once of each kind that it came."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.process_events import Raw, SchemaDrift

_SOURCE = "acp"
_MOST_KINDS = 64  # an agent that makes up kinds without end is not listed without end
_LONGEST_KIND = 120
_LONGEST_LINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Unfamiliar:
    """Something of a shape that is not known here."""

    what: str


class Drift:
    def __init__(self) -> None:
        self._met: set[str] = set()

    def events(self, unfamiliar: Unfamiliar, *, line: str) -> Iterator[Raw | SchemaDrift]:
        kind = unfamiliar.what[:_LONGEST_KIND]
        yield Raw(source=_SOURCE, line=line[:_LONGEST_LINE])
        if kind not in self._met and len(self._met) < _MOST_KINDS:
            self._met.add(kind)
            yield SchemaDrift(source=_SOURCE, what=kind)
