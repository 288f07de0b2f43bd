"""Lines as Codex writes them, and what its parser makes of them."""

from collections.abc import Mapping

from domain.events import AgentEvent
from domain.thinking_events import IterationStart
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser

FIRST = IterationStart(iteration=1, max_iterations=0)
TURN: dict[str, object] = {"type": "turn.started"}


def item(stage: str, kind: str, **fields: object) -> dict[str, object]:
    return {"type": f"item.{stage}", "item": {"id": "i1", "type": kind, **fields}}


def events_from(*lines: Mapping[str, object]) -> list[AgentEvent]:
    return events_of(new_parser("codex"), *lines)
