"""Runs a Hypothesis state machine, whose rules are tried in many orders."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

_PHASES = (Phase.generate,)  # shrinking a failure takes minutes: ask for it when there is one


def run_machine(
    machine: type[RuleBasedStateMachine],
    *,
    examples: int,
    steps: int,
    is_repeatable: bool = True,
) -> None:
    """The same orders each time, or those of the seed that this run has printed."""
    bounded = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=is_repeatable,
        database=None,
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=bounded)


def examples_on(store_url: str, *, memory: int, sqlite: int, postgresql: int) -> int:
    """A store that is slower is tried less often."""
    counts = {"memory": memory, "sqlite": sqlite, "postgresql": postgresql}
    return counts[store_url.partition(":")[0]]
