import os
import resource

from adapters.process.process_table import ProcessEntry
from adapters.process.task_processes import UsageMeter, groups_to_kill
from ports.process import ProcessUsage


def test_memory_and_processes_are_added_up() -> None:
    entries = [_entry(pid=2, rss_pages=3), _entry(pid=3, rss_pages=4)]

    assert UsageMeter().look(entries) == ProcessUsage(
        cpu_percent=0.0, rss_bytes=7 * resource.getpagesize(), processes=2
    )


def test_processor_time_counts_since_the_last_look_and_never_backwards() -> None:
    meter = UsageMeter()
    first = meter.look([_entry(pid=2, cpu_ticks=10_000)])
    same = meter.look([_entry(pid=2, cpu_ticks=10_000)])
    less = meter.look([_entry(pid=2, cpu_ticks=1)])

    assert first.cpu_percent > 0
    assert (same.cpu_percent, less.cpu_percent) == (0.0, 0.0)


def test_the_group_of_the_leader_is_killed_before_those_that_its_descendants_made() -> None:
    entries = [_entry(pid=pid, group=group) for pid, group in ((7, 7), (9, 9), (8, 8), (10, 8))]

    assert groups_to_kill(entries, leader=9) == [9, 7, 8]


def test_the_group_of_the_server_is_never_killed() -> None:
    own = os.getpgrp()
    entries = [_entry(pid=own, group=own), _entry(pid=own + 1, group=own + 1)]

    assert groups_to_kill(entries, leader=own + 1) == [own + 1]


def _entry(*, pid: int, group: int = 2, cpu_ticks: int = 0, rss_pages: int = 0) -> ProcessEntry:
    return ProcessEntry(
        pid=pid,
        is_zombie=False,
        parent=1,
        group=group,
        session=2,
        started=0,
        cpu_ticks=cpu_ticks,
        rss_pages=rss_pages,
    )
