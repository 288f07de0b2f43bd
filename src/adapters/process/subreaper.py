"""Makes this process the heir of what agents leave behind, and marks agents as such."""

import ctypes
import os
from functools import cache

_PR_SET_CHILD_SUBREAPER = 36
_HIGHEST_SCORE = 1000
_HANDICAP = 200


@cache
def become_subreaper() -> None:
    """Orphans of agents become children of this process instead of the machine's first one."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def branding_script() -> str:
    """Shell code that lets the kernel choose agents before the server when memory runs out.

    The score is inherited and outlives the environment, so it also tells a dead orphan of an
    agent from a child of this process that someone else waits for.
    """
    score = _agent_score()
    return "" if score is None else f"{{ echo {score} >/proc/self/oom_score_adj; }} 2>/dev/null; "


def is_branded(pid: int) -> bool:
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
