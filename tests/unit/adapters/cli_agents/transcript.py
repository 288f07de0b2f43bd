"""What a real agent wrote, and what a parser makes of it, as the golden files hold it."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from adapters.cli_agents.cli_output_parsers import CliOutputParsers
from domain.events import AgentEvent, event_type
from ports.output_parser import OutputParser
from tests.fakes import FakeClock

TRANSCRIPTS = Path(__file__).parents[3] / "data" / "cli_agents"


def lines_of(name: str) -> list[str]:
    return (TRANSCRIPTS / name).read_bytes().decode().removesuffix("\n").split("\n")


def golden(name: str) -> list[object]:
    """Each line an event; the last line what is known at the end."""
    path = TRANSCRIPTS / f"{name}.events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def parsed_transcript(parser: OutputParser, lines: Iterable[str]) -> list[object]:
    """What the golden file of these lines should hold."""
    found: list[AgentEvent] = []
    unread: list[str] = []
    for line in lines:
        events = parser.parse(line)
        if events is None:
            unread.append(line)
        found += events or ()
    found += parser.end()
    outcome = parser.outcome
    ending = {
        "outcome": outcome and {type(outcome).__name__: _present(asdict(outcome))},
        "thread": parser.thread and parser.thread.id,
        "unread": unread,
    }
    return [*map(shown, found), ending]


def shown(event: AgentEvent) -> dict[str, object]:
    return {"event_type": event_type(type(event)), **_present(asdict(event))}


def events_of(parser: OutputParser, *lines: object) -> list[AgentEvent]:
    """The events of lines given as what their JSON holds, and of their end."""
    parsed = [parser.parse(json.dumps(line)) for line in lines]
    assert None not in parsed
    return [event for events in parsed for event in events or ()] + [*parser.end()]


def new_parser(name: str, clock: FakeClock | None = None) -> OutputParser:
    parser = CliOutputParsers(clock or FakeClock()).of(name)
    assert parser
    return parser


def _present(fields: dict[str, object]) -> dict[str, object]:
    present = {name: value for name, value in fields.items() if value is not None}
    loaded: dict[str, object] = json.loads(json.dumps(present))
    return loaded
