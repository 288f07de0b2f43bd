"""Whatever happens in whatever order, a stream over several sessions doubles and loses nothing."""

from pathlib import Path

import pytest

from tests.property.many_sessions import ManySessions
from tests.property.state_machine_run import examples_on, run_machine
from tests.property.store import Store

_STEPS = 50


def test_every_event_comes_once_over_all_cuts_and_no_reset_that_is_not_due(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    run_machine(
        _on(store, tmp_path),
        examples=examples_on(store_url, memory=20, sqlite=6, postgresql=2),
        steps=_STEPS,
    )


@pytest.mark.load
def test_every_event_comes_once_over_more_interleavings(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    run_machine(
        _on(store, tmp_path),
        examples=examples_on(store_url, memory=1000, sqlite=300, postgresql=100),
        steps=_STEPS,
        is_repeatable=False,
    )


def _on(store: Store, folder: Path) -> type[ManySessions]:
    class OnThisStore(ManySessions):
        def __init__(self) -> None:
            super().__init__(store, folder)

    return OnThisStore
