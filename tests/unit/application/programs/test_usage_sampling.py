"""The usage of a process is emitted when it has changed."""

import anyio
import pytest

from application.programs.usage_sampling import UsageSampling
from domain.errors import LogUnavailable
from domain.process_events import ResourceUsage
from ports.process import ProcessUsage
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, RecordingContext
from tests.unit.application.programs.test_command_runner import SHELL

MB = 1024 * 1024


class Used(FakeProcess):
    """Tells one use after the other, then has exited."""

    def __init__(self, *uses: ProcessUsage) -> None:
        super().__init__()
        self._uses = list(uses)
        self.was_asked_enough = anyio.Event()

    async def usage(self) -> ProcessUsage | None:
        if self._uses:
            return self._uses.pop(0)
        self.was_asked_enough.set()
        return None


@pytest.mark.parametrize(
    ("second", "is_emitted"),
    [
        (ProcessUsage(cpu_percent=53.0, rss_bytes=103 * MB, processes=2), False),
        (ProcessUsage(cpu_percent=56.0, rss_bytes=100 * MB, processes=2), True),
        (ProcessUsage(cpu_percent=50.0, rss_bytes=111 * MB, processes=2), True),
        (ProcessUsage(cpu_percent=50.0, rss_bytes=89 * MB, processes=2), True),
        (ProcessUsage(cpu_percent=50.0, rss_bytes=100 * MB, processes=3), True),
    ],
)
async def test_usage_is_emitted_when_a_tenth_has_changed(
    second: ProcessUsage, is_emitted: bool
) -> None:
    first = ProcessUsage(cpu_percent=50.0, rss_bytes=100 * MB, processes=2)
    context = RecordingContext(profile=SHELL)
    process = Used(first, second)

    await _sample(process, context)

    emitted = [_event(first), _event(second)] if is_emitted else [_event(first)]
    assert context.events == emitted


async def test_a_change_is_measured_from_what_was_emitted() -> None:
    uses = [ProcessUsage(cpu_percent=50.0 + n, rss_bytes=100 * MB, processes=1) for n in range(8)]
    context = RecordingContext(profile=SHELL)

    await _sample(Used(*uses), context)

    assert context.events == [_event(uses[0]), _event(uses[6])]


async def test_a_log_that_is_away_ends_the_sampling_and_not_the_run() -> None:
    context = RecordingContext(profile=SHELL, fails_with=lambda _: LogUnavailable("away"))
    process = FakeProcess()

    async with UsageSampling(process, context.emit, every_s=0.0):
        await anyio.wait_all_tasks_blocked()

    assert context.events == []


async def _sample(process: Used, context: RecordingContext) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with UsageSampling(process, context.emit, every_s=0.0):
            await process.was_asked_enough.wait()


def _event(used: ProcessUsage) -> ResourceUsage:
    return ResourceUsage(
        cpu_percent=used.cpu_percent, rss_bytes=used.rss_bytes, processes=used.processes
    )
