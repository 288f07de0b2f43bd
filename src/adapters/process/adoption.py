"""Makes this process the heir of what its agents leave behind, and buries what has died."""

import ctypes
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cache

from adapters.process.process_table import ProcessEntry

_PR_SET_CHILD_SUBREAPER = 36
_HIGHEST_SCORE = 1000
_HANDICAP = 200


@cache
def become_subreaper() -> None:
    """Orphans of agents become children of this process instead of the machine's first one."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def brand(pid: int) -> None:
    """Let the kernel choose agents before the server when memory runs out.

    The score is inherited and outlives the environment, so it also tells a dead orphan of an
    agent from a child of this process that someone else waits for.
    """
    score = _agent_score()
    if score is not None:
        with suppress(OSError), open(f"/proc/{pid}/oom_score_adj", "w") as file:
            file.write(str(score))


def is_orphan(entry: ProcessEntry, *, leaders: Collection[int]) -> bool:
    """Whether it is a child of ours by adoption, from one of our agents."""
    if entry.parent != os.getpid() or entry.pid in leaders:
        return False
    return entry.session in leaders or _is_branded(entry.pid)


def bury(entries: Iterable[ProcessEntry], *, leaders: Collection[int]) -> Collection[int]:
    """Reap the dead among the orphans, for whom no one else waits; their pids."""
    buried = [e.pid for e in entries if e.is_zombie and is_orphan(e, leaders=leaders)]
    for pid in buried:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return buried


def _is_branded(pid: int) -> bool:
    score = _agent_score()
    return score is not None and _score(pid) == score


@cache
def _agent_score() -> int | None:
    own = _score(os.getpid())
    return None if own is None or own + _HANDICAP > _HIGHEST_SCORE else own + _HANDICAP


def _score(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/oom_score_adj") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
