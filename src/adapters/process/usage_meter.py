"""Adds up what a task's processes use."""

import os
import time
from collections.abc import Sequence

from adapters.process.process_table import ProcessEntry
from ports.process import ProcessUsage

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class UsageMeter:
    """Remembers the processor time of the last look, which starts when this is made."""

    def __init__(self) -> None:
        self._ticks = 0
        self._looked_at = time.monotonic()

    def look(self, entries: Sequence[ProcessEntry]) -> ProcessUsage:
        now, ticks = time.monotonic(), sum(entry.cpu_ticks for entry in entries)
        # The time of an orphan is lost with it, so there can be less than before.
        used_s = max(0, ticks - self._ticks) / _TICKS_PER_S
        passed_s = max(now - self._looked_at, 1 / _TICKS_PER_S)
        self._ticks, self._looked_at = ticks, now
        return ProcessUsage(
            cpu_percent=round(100 * used_s / passed_s, 1),
            rss_bytes=sum(entry.rss_pages for entry in entries) * _PAGE_BYTES,
            processes=len(entries),
        )
