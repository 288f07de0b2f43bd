"""Whatever happens in whatever order, every watcher gets what it has not seen, or a reset."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from tests.property.interleaving import AnyInterleaving
from tests.property.store import MemoryStore, SqlStore, Store
from tests.property.writers import Writer

EXAMPLES = {"memory": 40, "sqlite": 24, "postgresql": 10}
WRITERS: tuple[Writer | None, ...] = (None, "portable", "detached", "reactor")
_STEPS = 40
_PHASES = (Phase.generate,)  # shrinking a failure takes minutes: ask for it when there is one


@pytest.fixture
def store(store_url: str, sqlite_template: Path, tmp_path: Path) -> Store:
    if store_url == "memory":
        return MemoryStore()
    if store_url.startswith("postgresql"):
        return SqlStore(store_url, folder=tmp_path)
    return SqlStore(store_url, folder=tmp_path, template=sqlite_template)


@pytest.mark.parametrize("writer", WRITERS)
def test_every_watcher_gets_what_it_has_not_seen_or_a_reset(
    store: Store, store_url: str, tmp_path: Path, writer: Writer | None
) -> None:
    _try_out(store, tmp_path, writer, examples=_examples(store_url))


@pytest.mark.load
@pytest.mark.parametrize("writer", WRITERS)
def test_every_watcher_gets_it_over_more_interleavings(
    store: Store, store_url: str, tmp_path: Path, writer: Writer | None
) -> None:
    _try_out(store, tmp_path, writer, examples=5 * _examples(store_url))


def _examples(store_url: str) -> int:
    return EXAMPLES[store_url.partition(":")[0]]


def _try_out(store: Store, folder: Path, writer: Writer | None, *, examples: int) -> None:
    class OnThisStore(AnyInterleaving):
        def __init__(self) -> None:
            super().__init__(store, folder, writer)

    bounded = settings(
        max_examples=examples,
        stateful_step_count=_STEPS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(OnThisStore, settings=bounded)
