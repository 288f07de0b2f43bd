"""When a failure means that the conversation is gone, and when it does not."""

import pytest

from application.programs.resumption import Resumption
from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.task_events import Error
from domain.thinking_events import IterationStart, Message, TokenUsage
from domain.tool_events import ToolCallStart
from ports.runner import Completed, Failed, Outcome

THREAD = AgentThread(id="fix-the-login")
EXITED = Failed(error="The command ended with exit code 1.", reason="exit_code", exit_code=1)


@pytest.mark.parametrize(
    "words",
    [
        "No conversation found with session ID: fix-the-login",
        "Error: thread/resume failed: no rollout found for thread id fix-the-login",
        'Error resuming session: Invalid session identifier "fix-the-login".',
        "Session not found: fix-the-login",
    ],
)
@pytest.mark.parametrize("reason", ["exit_code", "agent_error", "model_error"])
def test_an_agent_that_reports_it_has_lost_its_conversation(words: str, reason: str) -> None:
    by_itself = Failed(error=words, reason="agent_error", exit_code=1)
    by_model = Failed(error=words, reason="model_error", exit_code=1)

    assert has_lost(by_model if reason == "model_error" else by_itself)
    assert has_lost(EXITED, Error(message=words, phase="model", recoverable=False))


def test_a_failure_before_the_model_had_a_part_is_one_of_the_conversation() -> None:
    warned = Error(message="something is old here", phase="agent", recoverable=True)

    assert has_lost(EXITED)
    assert has_lost(EXITED, warned)
    assert has_lost(Failed(error="no result", reason="agent_error", exit_code=0))


@pytest.mark.parametrize(
    "outcome",
    [
        Completed(final_answer=""),
        Failed(error="502 bad gateway", reason="model_error", exit_code=1),
        Failed(error="went over its limit", reason="limit.output"),
        Failed(error="out of memory", reason="resource_limit", exit_code=1),
        Failed(error="ended by signal 9", reason="exit_code", exit_code=137),
        Failed(error="Invalid API key in this session", reason="agent_error", exit_code=1),
        Failed(error="Please set an Auth method", reason="exit_code", exit_code=41),
        Failed(error="unexpected status 401", reason="exit_code", exit_code=1),
        Failed(error="Your session expired, log in again", reason="exit_code", exit_code=1),
    ],
)
def test_another_end_is_no_sign_of_it(outcome: Outcome) -> None:
    assert not has_lost(outcome)


def test_an_agent_that_reports_an_error_of_its_model_has_reached_its_model() -> None:
    refused = Error(message="no connection", phase="model", recoverable=False)

    assert not has_lost(EXITED, refused)


@pytest.mark.parametrize(
    "event",
    [
        IterationStart(iteration=1, max_iterations=0),
        Message(message_id="m", role="assistant", content="no session found"),
        TokenUsage(model="m", input_tokens=1, output_tokens=1, total_tokens=2),
        ToolCallStart(call_id="c", tool_name="t", arguments={}),
    ],
)
def test_an_agent_that_worked_had_its_conversation(event: AgentEvent) -> None:
    assert not has_lost(EXITED, event)


def has_lost(outcome: Outcome, *events: AgentEvent) -> bool:
    resumption = Resumption()
    resumption.take(events)
    return resumption.has_lost(THREAD, outcome)
