"""Reports shapes of an agent's output that are unknown here: each line as it came, each kind once."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift

_MOST_KINDS = 64  # bounds memory and log for an agent that makes up kinds
_LONGEST_KIND = 120


@dataclass(frozen=True, slots=True)
class UnknownShape:
    """A part of a line whose type or fields are unknown here."""

    what: str


Read = AgentEvent | UnknownShape


class DriftReport:
    """One per run; `source` names the format."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._known: set[str] = set()

    def events(self, line: str, parts: Iterable[Read]) -> list[AgentEvent]:
        """The events among the parts; then, if any part is unknown, the line as `Raw`, and a
        `SchemaDrift` for each kind that was not reported before."""
        events: list[AgentEvent] = []
        kinds: dict[str, None] = {}
        for part in parts:
            if isinstance(part, UnknownShape):
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
