"""The outcome of a task: the agent's own result first, then a limit, then the exit code."""

import pytest

from application.programs.process_outcome import outcome_of_agent, outcome_of_command
from ports.process import Exit
from ports.runner import Completed, Failed, Outcome


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [
        (Exit(code=0), Completed(final_answer="last", exit_code=0)),
        (
            Exit(code=3),
            Failed(
                error="The command ended with exit code 3. last", reason="exit_code", exit_code=3
            ),
        ),
        (
            Exit(signal=9, limit="processes"),
            Failed(
                error="The command was ended because it ran more processes than it may. last",
                reason="resource_limit",
                exit_code=137,
            ),
        ),
        (
            Exit(code=1, limit="memory"),
            Failed(
                error="The command was ended because it ran out of the memory it may use. last",
                reason="resource_limit",
                exit_code=1,
            ),
        ),
    ],
)
def test_a_command_is_judged_by_its_exit_and_quoted_by_its_last_line(
    ended: Exit, outcome: Outcome
) -> None:
    assert outcome_of_command(ended, "last") == outcome


@pytest.mark.parametrize("ended", [Exit(code=1), Exit(signal=9), Exit(code=0)])
def test_the_report_of_an_agent_counts_more_than_its_exit(ended: Exit) -> None:
    done = outcome_of_agent(ended, Completed(final_answer="done", total_iterations=2), "noise")
    failed = outcome_of_agent(ended, Failed(error="no", reason="model_error"), "noise")

    code = 137 if ended.signal else ended.code
    assert done == Completed(final_answer="done", total_iterations=2, exit_code=code)
    assert failed == Failed(error="no", reason="model_error", exit_code=code)


@pytest.mark.parametrize(
    ("ended", "outcome"),
    [
        (
            Exit(code=0),
            Failed(
                error="The agent ended without a result. What now?",
                reason="agent_error",
                exit_code=0,
            ),
        ),
        (
            Exit(code=41),
            Failed(
                error="The command ended with exit code 41. What now?",
                reason="exit_code",
                exit_code=41,
            ),
        ),
    ],
)
def test_an_agent_that_reports_no_end_has_failed(ended: Exit, outcome: Outcome) -> None:
    assert outcome_of_agent(ended, None, "What now?") == outcome
