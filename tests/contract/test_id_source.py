"""What every source of ids promises."""

import re
from collections.abc import Callable

import pytest

from adapters.system.id_source import SystemIdSource
from domain.ids import is_chosen_id
from ports.id_source import IdSource
from tests.fakes import CountingIdSource

Make = Callable[[IdSource], str]

KINDS: dict[str, Make] = {
    "task": lambda source: source.task_id(),
    "session": lambda source: source.session_id(),
    "lease": lambda source: source.lease_id(),
    "call": lambda source: source.call_id(),
    "approval": lambda source: source.approval_id(),
    "message": lambda source: source.message_id(),
}


@pytest.fixture(params=[SystemIdSource, CountingIdSource])
def ids(request: pytest.FixtureRequest) -> IdSource:
    made: IdSource = request.param()
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_no_id_comes_twice(ids: IdSource, kind: str) -> None:
    made = [KINDS[kind](ids) for _ in range(1000)]

    assert len(set(made)) == 1000


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_may_stand_wherever_a_chosen_one_may(ids: IdSource, kind: str) -> None:
    assert is_chosen_id(KINDS[kind](ids))


def test_a_tag_is_eight_hex_digits(ids: IdSource) -> None:
    assert all(re.fullmatch("[0-9a-f]{8}", ids.tag()) for _ in range(1000))


def test_the_random_part_of_the_systems_ids_has_eighty_bits() -> None:
    """26 digits of 5 bits: 48 of time, rounded up to 50, and the rest is chance."""
    ids = SystemIdSource()

    tails = {ids.task_id()[-16:] for _ in range(1000)}

    assert len(tails) == 1000
    assert len(ids.task_id().removeprefix("task_")) == 26
