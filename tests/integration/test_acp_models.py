"""Which model an agent of the Agent Client Protocol works with, and what it reports to have used."""

from dataclasses import replace
from pathlib import Path

import pytest

from domain.limits import Limits
from domain.task_events import Error
from domain.thinking_events import TokenUsage
from ports.runner import Completed, Failed
from tests.acp_run import ApprovingContext, acp_context, run_acp


@pytest.mark.parametrize(
    ("wanted", "used"), [(None, "own"), ("other", "other"), ("Another", "other"), ("own", "own")]
)
async def test_a_task_is_done_with_the_model_that_it_names(
    tmp_path: Path, wanted: str | None, used: str
) -> None:
    context = _context("chooses", tmp_path, model=wanted)

    assert await run_acp(context) == Completed(final_answer=used, exit_code=0)
    assert [(event.model, event.partial) for event in _usages(context)] == [(used, None)]


@pytest.mark.parametrize(
    ("behaviour", "wanted", "error"),
    [
        ("chooses", "best", "the agent has no model 'best'; it has own, other, odd"),
        (
            "chooses",
            "odd",
            "the agent refuses the model 'odd': Internal error: not today; it has own, other, odd",
        ),
        (
            "resumes",
            "best",
            (
                "the agent offers no choice of models; "
                "its argv should have a place for the model, as --model={model}"
            ),
        ),
    ],
)
async def test_a_model_that_the_agent_does_not_have_fails_the_start(
    tmp_path: Path, behaviour: str, wanted: str, error: str
) -> None:
    outcome = await run_acp(_context(behaviour, tmp_path, model=wanted))

    assert outcome == Failed(error=error, reason="start_failed")


async def test_a_model_in_the_command_is_not_chosen_over_the_protocol(tmp_path: Path) -> None:
    context = _context("chooses", tmp_path, model="best")
    context.profile = replace(context.profile, argv=(*context.profile.argv, "--model={model}"))

    assert await run_acp(context) == Completed(final_answer="own", exit_code=0)


async def test_the_next_task_of_a_session_is_done_with_the_agents_own_model(
    tmp_path: Path,
) -> None:
    """This agent goes on with the model that its conversation used last."""
    context = _context("keeps_its_model", tmp_path)
    used = []
    for wanted in ("other", None, None):
        context.profile = replace(context.profile, model=wanted)
        outcome = await run_acp(context)
        assert isinstance(outcome, Completed)
        used.append(outcome.final_answer)

    assert used == ["other", "own", "other"]


async def test_the_cost_of_earlier_tasks_is_not_counted_again(tmp_path: Path) -> None:
    context = _context("sums_up", tmp_path)
    for _ in range(2):
        await run_acp(context)

    assert [event.cost_usd for event in _usages(context)] == [0.5, 0.25]


@pytest.mark.parametrize(
    ("limits", "name"), [(Limits(tokens=5), "limits.tokens"), (Limits(usd=1.0), "limits.usd")]
)
async def test_a_limit_is_reported_as_not_enforced_without_usage_of_the_agent(
    tmp_path: Path, limits: Limits, name: str
) -> None:
    context = _context("resumes", tmp_path)
    context.ledger.limits = limits

    await run_acp(context)

    [error] = [event for event in context.events if isinstance(event, Error)]
    assert error == Error(
        message=f"the agent did not report what it used, so that {name} was not kept",
        phase="limits",
        recoverable=True,
    )


def _context(behaviour: str, folder: Path, *, model: str | None = None) -> ApprovingContext:
    context = acp_context(behaviour, folder)
    context.profile = replace(context.profile, model=model)
    return context


def _usages(context: ApprovingContext) -> list[TokenUsage]:
    return [event for event in context.events if isinstance(event, TokenUsage)]
