"""Whatever happens in whatever order, every watcher gets what it has not seen, or a reset."""

from pathlib import Path

import pytest

from tests.property.interleaving import AnyInterleaving
from tests.property.state_machine_run import examples_on, run_machine
from tests.property.store import Store
from tests.property.writers import Writer

WRITERS: tuple[Writer | None, ...] = (None, "uvicorn", "no_epoll", "reactor")
_STEPS = 40


@pytest.mark.parametrize("writer", WRITERS)
def test_every_watcher_gets_what_it_has_not_seen_or_a_reset(
    store: Store, store_url: str, tmp_path: Path, writer: Writer | None
) -> None:
    run_machine(
        _on(store, tmp_path, writer),
        examples=examples_on(store_url, memory=10, sqlite=6, postgresql=3),
        steps=_STEPS,
    )


@pytest.mark.load
@pytest.mark.parametrize("writer", WRITERS)
def test_every_watcher_gets_it_over_more_interleavings(
    store: Store, store_url: str, tmp_path: Path, writer: Writer | None
) -> None:
    run_machine(
        _on(store, tmp_path, writer),
        examples=examples_on(store_url, memory=200, sqlite=120, postgresql=50),
        steps=_STEPS,
        is_repeatable=False,
    )


def _on(store: Store, folder: Path, writer: Writer | None) -> type[AnyInterleaving]:
    class OnThisStore(AnyInterleaving):
        def __init__(self) -> None:
            super().__init__(store, folder, writer)

    return OnThisStore
