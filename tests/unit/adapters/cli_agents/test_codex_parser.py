import json

import pytest

from domain.process_events import Raw, SchemaDrift
from domain.task_events import Error, Progress
from domain.thinking_events import (
    IterationStart,
    Message,
    MessageDelta,
    Phase,
    PhaseComplete,
    PhaseStart,
    PlanCreated,
    ThinkComplete,
    TokenUsage,
)
from ports.runner import Completed, Failed
from tests.unit.adapters.cli_agents.codex_lines import FIRST, TURN, events_from, item
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser


def test_reasoning_is_one_event() -> None:
    assert events_from(TURN, item("completed", "reasoning", text="A file is needed.")) == [
        FIRST,
        ThinkComplete(
            iteration=1,
            content="A file is needed.",
            reasoning="A file is needed.",
            tool_call_count=0,
        ),
    ]


def test_a_growing_message_is_reported_in_deltas() -> None:
    assert events_from(
        item("started", "agent_message", text="On"),
        item("updated", "agent_message", text="One."),
        item("completed", "agent_message", text="One."),
    ) == [
        FIRST,
        MessageDelta(message_id="i1", text="On"),
        MessageDelta(message_id="i1", text="e."),
        Message(message_id="i1", role="assistant", content="One."),
    ]


def test_calls_that_overlap_belong_to_one_iteration() -> None:
    def search(stage: str, id_: str) -> dict[str, object]:
        return {"type": f"item.{stage}", "item": {"id": id_, "type": "web_search", "query": "q"}}

    events = events_from(
        TURN,
        search("started", "1"),
        search("started", "2"),
        search("completed", "1"),
        search("completed", "2"),
        item("completed", "agent_message", text="Done."),
    )

    assert [event for event in events if isinstance(event, IterationStart)] == [
        FIRST,
        IterationStart(iteration=2, max_iterations=0),
    ]


def test_its_todo_list_is_a_plan_that_progresses() -> None:
    def steps(stage: str, *done: bool) -> dict[str, object]:
        items = [{"text": f"step {at}", "completed": is_done} for at, is_done in enumerate(done)]
        return item(stage, "todo_list", items=items)

    assert events_from(
        steps("started", False, False),
        steps("updated", True, False),
        steps("completed", True, False),
        steps("updated", True, False, False),
    ) == [
        PlanCreated(
            goal="",
            phases=(
                Phase(id="1", name="step 0", status="pending"),
                Phase(id="2", name="step 1", status="pending"),
            ),
        ),
        PhaseStart(phase_id="1", phase_name="step 0", phase_index=0),
        PhaseComplete(phase_id="1", phase_name="step 0"),
        Progress(message="1 of 2 phases are complete", percent=50.0),
        PlanCreated(
            goal="",
            phases=(
                Phase(id="1", name="step 0", status="completed"),
                Phase(id="2", name="step 1", status="pending"),
                Phase(id="3", name="step 2", status="pending"),
            ),
        ),
        Progress(message="1 of 3 phases are complete", percent=33.3),
    ]


def test_the_usage_of_a_second_turn_includes_the_first() -> None:
    def end(tokens: int) -> dict[str, object]:
        used = {"input_tokens": tokens, "cached_input_tokens": tokens // 2, "output_tokens": 1}
        return {"type": "turn.completed", "usage": {**used, "reasoning_output_tokens": 1}}

    assert events_from(end(100), end(250)) == [
        TokenUsage(
            model="unknown",
            input_tokens=100,
            output_tokens=1,
            total_tokens=101,
            cached_input_tokens=50,
            reasoning_tokens=1,
        ),
        TokenUsage(
            model="unknown",
            input_tokens=150,
            output_tokens=0,
            total_tokens=251,
            cached_input_tokens=75,
            reasoning_tokens=0,
        ),
    ]


def test_the_last_message_is_the_answer_also_without_usage() -> None:
    parser = new_parser("codex")

    events_of(
        parser, TURN, item("completed", "agent_message", text="Done."), {"type": "turn.completed"}
    )

    assert parser.outcome == Completed(final_answer="Done.", total_iterations=1)


def test_a_turn_that_failed_is_forgotten_when_the_next_one_begins() -> None:
    parser = new_parser("codex")
    failed = {"type": "turn.failed", "error": {"message": "no quota"}}

    events_of(parser, TURN, failed)
    assert parser.outcome == Failed(error="no quota", reason="model_error")

    events_of(parser, TURN)
    assert parser.outcome is None


def test_an_error_that_it_retries_is_recoverable() -> None:
    messages = ("Reconnecting... 1/5 (timeout)", '{"error": {"message": "timeout"}}')

    assert events_from(*({"type": "error", "message": message} for message in messages)) == [
        Error(message="Reconnecting... 1/5 (timeout)", phase="model", recoverable=True),
        Error(message="timeout", phase="model", recoverable=False),
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (item("completed", "hologram"), "item hologram"),
        (item("completed", "command_execution", command=["make"]), "item command_execution"),
        (item("completed", "agent_message"), "item agent_message"),
        (item("paused", "agent_message", text="x"), "type item.paused"),
        ({"type": "thread.started", "thread_id": 7}, "type thread.started"),
        ({"kind": "thread.started"}, "no type"),
    ],
)
def test_an_unknown_line_is_kept_as_raw(line: dict[str, object], what: str) -> None:
    assert events_from(line) == [
        Raw(source="codex", line=json.dumps(line)),
        SchemaDrift(source="codex", what=what),
    ]
