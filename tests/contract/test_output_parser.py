"""What every parser of an agent's output promises."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cli_agents.cli_output_parsers import CliOutputParsers
from adapters.wire import JsonEventCodec
from domain.events import AgentEvent, Origin
from domain.ids import AgentName, LeaseId, SessionId, SessionKey, Tag, TaskId
from domain.process_events import Raw, SchemaDrift
from domain.task_events import FinalEvent
from domain.thinking_events import Message, MessageDelta
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.output_parser import OutputParser
from tests.contract.agent_lines import AGENTS, TRANSCRIPTS, any_line
from tests.fakes import FakeClock

ORIGIN = Origin(
    session_key=SessionKey(1),
    session_id=SessionId("s"),
    task_id=TaskId("t"),
    agent=AgentName("a"),
    attempt=1,
    lease_id=LeaseId("l"),
)


def parser_of(agent: str) -> OutputParser:
    parser = CliOutputParsers(FakeClock()).of(agent)
    assert parser
    return parser


def events_from(parser: OutputParser, lines: Sequence[str]) -> list[AgentEvent]:
    return [event for line in lines for event in parser.parse(line) or ()] + [*parser.end()]


def known(events: Sequence[AgentEvent]) -> list[AgentEvent]:
    return [event for event in events if not isinstance(event, Raw | SchemaDrift)]


def test_each_known_agent_has_a_parser_and_no_other_name_has() -> None:
    parsers = CliOutputParsers(FakeClock())

    assert [parsers.of(name) is None for name in parsers.names] == [False] * len(AGENTS)
    assert (list(parsers.names), parsers.of("lines")) == (AGENTS, None)


@pytest.mark.parametrize("agent", AGENTS)
def test_each_run_has_a_parser_of_its_own(agent: str) -> None:
    parsers = CliOutputParsers(FakeClock())

    assert parsers.of(agent) is not parsers.of(agent)


@pytest.mark.parametrize("agent", AGENTS)
@pytest.mark.parametrize(
    "line", ["", "npm WARN old", "[]", '"text"', "17", "null", '{"type":', "{}x", "{'a': 1}"]
)
def test_a_line_that_is_no_json_object_is_left_to_be_logged(agent: str, line: str) -> None:
    assert parser_of(agent).parse(line) is None


@pytest.mark.parametrize("agent", AGENTS)
def test_a_line_nested_too_deeply_is_left_to_be_logged(agent: str) -> None:
    parser = parser_of(agent)

    deep = ['{"type":"x","a":' + "[" * depth + "]" * depth + "}" for depth in (80, 900, 100_000)]

    assert [parser.parse(line) for line in deep] == [None, None, None]


@pytest.mark.parametrize("agent", AGENTS)
def test_an_unknown_kind_is_kept_as_raw_and_reported_once(agent: str) -> None:
    parser = parser_of(agent)
    line = '{"type":"telepathy","depth":3}'

    assert parser.parse(line) == [
        Raw(source=agent, line=line),
        SchemaDrift(source=agent, what="type telepathy"),
    ]
    assert parser.parse(line) == [Raw(source=agent, line=line)]


@pytest.mark.parametrize("agent", AGENTS)
def test_made_up_kinds_are_reported_up_to_a_bound(agent: str) -> None:
    parser = parser_of(agent)

    events = events_from(parser, [f'{{"type":"kind-{number}"}}' for number in range(1000)])

    assert sum(isinstance(event, Raw) for event in events) == 1000
    assert sum(isinstance(event, SchemaDrift) for event in events) == 64


@pytest.mark.parametrize(("agent", "lines"), TRANSCRIPTS)
def test_an_unknown_line_anywhere_changes_nothing_else(agent: str, lines: list[str]) -> None:
    unchanged = parser_of(agent)
    as_it_was = events_from(unchanged, lines)

    for place in range(len(lines) + 1):
        parser = parser_of(agent)
        events = events_from(parser, [*lines[:place], '{"type":"telepathy"}', *lines[place:]])

        assert known(events) == as_it_was
        assert (parser.outcome, parser.thread) == (unchanged.outcome, unchanged.thread)


@pytest.mark.parametrize(("agent", "lines"), TRANSCRIPTS)
def test_unknown_fields_change_nothing(agent: str, lines: list[str]) -> None:
    wider = [json.dumps({**json.loads(line), "mood": {"is": [1]}}) for line in lines]

    assert events_from(parser_of(agent), wider) == events_from(parser_of(agent), lines)


@pytest.mark.parametrize(("agent", "lines"), TRANSCRIPTS)
def test_terminal_escapes_around_a_line_change_nothing(agent: str, lines: list[str]) -> None:
    dressed = [f"\x1b[?25l\x1b[32m{line}\x1b[0m\r" for line in lines]
    dressed[0] = f"^D\b\b{dressed[0]}"

    assert events_from(parser_of(agent), dressed) == events_from(parser_of(agent), lines)


@pytest.mark.parametrize(("agent", "lines"), TRANSCRIPTS)
def test_every_tool_call_is_completed_once_wherever_the_output_ends(
    agent: str, lines: list[str]
) -> None:
    for end in range(len(lines) + 1):
        events = events_from(parser_of(agent), lines[:end])

        started = [event.call_id for event in events if isinstance(event, ToolCallStart)]
        done = [event for event in events if isinstance(event, ToolCallComplete)]
        assert [event.call_id for event in done] == started
        assert {event.status for event in done} <= {"ok", "outcome_unknown"}


@pytest.mark.parametrize(("agent", "lines"), TRANSCRIPTS)
def test_a_call_without_a_result_has_an_unknown_outcome(agent: str, lines: list[str]) -> None:
    parser = parser_of(agent)
    for line in lines:
        if any(isinstance(event, ToolCallStart) for event in parser.parse(line) or ()):
            break

    done = [event for event in parser.end() if isinstance(event, ToolCallComplete)]
    assert [event.status for event in done] == ["outcome_unknown"]


@pytest.mark.parametrize(("agent", "lines"), TRANSCRIPTS)
def test_the_pieces_of_a_message_are_its_whole(agent: str, lines: list[str]) -> None:
    pieces: dict[str, str] = {}
    whole: dict[str, str] = {}

    for event in events_from(parser_of(agent), lines):
        if isinstance(event, MessageDelta):
            pieces[event.message_id] = pieces.get(event.message_id, "") + event.text
        elif isinstance(event, Message):
            assert event.message_id not in whole
            whole[event.message_id] = event.content

    assert pieces in ({}, whole)


@pytest.mark.parametrize(("agent", "lines"), TRANSCRIPTS)
def test_a_run_without_a_final_line_has_no_outcome(agent: str, lines: list[str]) -> None:
    parser = parser_of(agent)

    events_from(parser, lines[:-1])

    assert parser.outcome is None


@pytest.mark.parametrize("agent", AGENTS)
@given(lines=st.lists(any_line(), max_size=8))
def test_no_line_makes_it_fail_or_emit_what_cannot_be_stored(agent: str, lines: list[str]) -> None:
    parser = parser_of(agent)
    codec = JsonEventCodec()

    events = events_from(parser, lines)

    for event in events:
        assert not isinstance(event, get_args(FinalEvent))
        codec.encode(event, ORIGIN, at=datetime(2026, 1, 1, tzinfo=UTC), tag=Tag("00"))
    calls = [event.call_id for event in events if isinstance(event, ToolCallStart)]
    done = [event.call_id for event in events if isinstance(event, ToolCallComplete)]
    assert sorted(calls) == sorted(done)
    str(parser.outcome).encode()
    assert parser.thread is None or parser.thread.id.isascii()
