"""Loads that nobody watches: a task that is stored, and the log by itself."""

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.load import Load, Report
from benchmarks.log_writer import LogWriter
from benchmarks.meter import Meter, percentile
from benchmarks.watchers import Seen
from benchmarks.work import connected, post
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import load_settings

_LONE = 2000
_BATCH = 250
_AT_ONCE = 4


def store(load: Load) -> Report:
    """One submission; it is answered when all its events are stored."""
    meter = Meter(load.server_pid)
    post(connected(load), load, session=load.session, is_awaited=True)
    seen = Seen(deliveries=load.count, last_at=time.monotonic())
    return meter.report(seen, expected=load.count, times_ms=[])


def log(load: Load) -> Report:
    """In this process: lone appends, each timed until it is durable, then many at once."""
    with tempfile.TemporaryDirectory(prefix="agentcast-bench-") as folder:
        return asyncio.run(_logged(load.count, Path(folder)))


async def _logged(count: int, folder: Path) -> Report:
    settings = load_settings(data_dir=folder)
    worker = server_worker(settings, instance="bench")
    container = Container(settings=settings, worker_settings=worker)
    async with opened(container):
        writer = LogWriter(container)
        claim = await writer.claimed()
        times_ms = [await writer.timed_ms(claim, 1) for _ in range(_LONE)]
        began = time.monotonic()
        batches = iter(range(count // _BATCH))

        async def work() -> None:
            for _ in batches:
                await writer.timed_ms(claim, _BATCH)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(work())
        return Report(
            deliveries=count // _BATCH * _BATCH,
            wall_s=time.monotonic() - began,
            median_ms=percentile(times_ms, 50),
            p99_ms=percentile(times_ms, 99),
        )
