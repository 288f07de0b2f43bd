"""A chore outlives its failed rounds, and ends only when it is cancelled."""

import asyncio
import logging
from contextlib import suppress

import anyio
import pytest

from application.concurrency.repeat import repeat
from application.concurrency.task_group import background
from domain.errors import LogUnavailable
from tests.patience import PATIENCE_S


class Rounds:
    """Does a chore whose rounds fail as given, and is cancelled while it waits after the last."""

    def __init__(self, *failures: Exception | None) -> None:
        self.steps: list[object] = []
        self._failures = list(failures)

    async def run(self, *, at_once: bool = True) -> list[object]:
        with anyio.fail_after(PATIENCE_S), suppress(asyncio.CancelledError):
            await repeat(
                self._every, self._do, name="the chore", at_once=at_once, sleep=self._sleep
            )
        return self.steps

    async def _every(self) -> None:
        self.steps.append("wait")
        if not self._failures:
            raise asyncio.CancelledError

    async def _do(self) -> None:
        self.steps.append("do")
        if (failure := self._failures.pop(0)) is not None:
            raise failure

    async def _sleep(self, seconds: float) -> None:
        self.steps.append(seconds)


async def test_a_chore_is_done_at_once_and_after_each_wait() -> None:
    assert await Rounds(None, None).run() == ["do", "wait", "do", "wait"]


async def test_a_chore_can_wait_before_its_first_round() -> None:
    assert await Rounds(None).run(at_once=False) == ["wait", "do", "wait"]


async def test_a_store_out_of_reach_is_one_warning_a_round(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steps = await Rounds(LogUnavailable("the store is away"), None).run()

    assert steps == ["do", "wait", "do", "wait"]
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "the chore: the store is away"
    assert record.exc_info is None


async def test_an_unforeseen_error_is_logged_whole_and_waited_after(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steps = await Rounds(ValueError("a bug"), None).run()

    assert steps == ["do", 1.0, "wait", "do", "wait"]
    [record] = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "the chore: a round failed")
    assert record.exc_info is not None


async def test_a_chore_in_the_background_ends_with_the_block() -> None:
    has_ended = asyncio.Event()

    async def chore() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            has_ended.set()

    with anyio.fail_after(PATIENCE_S):
        async with background(chore()):
            await asyncio.sleep(0)
            assert not has_ended.is_set()

    assert has_ended.is_set()
