"""Keeps what a parser does not know, and says once of each kind that it met it."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift

_MOST_KINDS = 64  # an agent that makes up kinds without end is not listed without end
_LONGEST_KIND = 120


@dataclass(frozen=True, slots=True)
class Unfamiliar:
    """Something in a line that is not of a shape the parser knows."""

    what: str


Read = AgentEvent | Unfamiliar


class DriftReport:
    def __init__(self, source: str) -> None:
        self._source = source
        self._known: set[str] = set()

    def events(self, line: str, parts: Iterable[Read]) -> list[AgentEvent]:
        """The events among the parts; and, if some part is unfamiliar, the line as it came."""
        events: list[AgentEvent] = []
        kinds: dict[str, None] = {}
        for part in parts:
            if isinstance(part, Unfamiliar):
                kinds[part.what[:_LONGEST_KIND]] = None
            else:
                events.append(part)
        if kinds:
            events.append(Raw(source=self._source, line=line))
        return [*events, *(self._drift(kind) for kind in kinds if self._is_new(kind))]

    def _is_new(self, kind: str) -> bool:
        return kind not in self._known and len(self._known) < _MOST_KINDS

    def _drift(self, kind: str) -> SchemaDrift:
        self._known.add(kind)
        return SchemaDrift(source=self._source, what=kind)
