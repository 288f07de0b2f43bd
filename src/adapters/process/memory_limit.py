"""Bounds the memory and the files of what an agent runs, and judges what that ended."""

import resource

from ports.process import Exit

_KIB = 1024
_BLOCK = 512
_CLOSE = 0.8


def memory_script(memory_bytes: int | None) -> str:
    """Shell code that bounds the address space; empty without a limit."""
    if memory_bytes is None:
        return ""
    return f"ulimit -v {max(1, memory_bytes // _KIB)} 2>/dev/null; "


def file_script(max_file_bytes: int | None) -> str:
    """Shell code that bounds the files that are written; empty without a limit."""
    if max_file_bytes is None:
        return ""
    return f"ulimit -f {max(1, max_file_bytes // _BLOCK)} 2>/dev/null; "


def ran_out_of_memory(ended: Exit, *, peak_bytes: int, memory_bytes: int | None) -> bool:
    """The kernel only refuses memory; what a program makes of that is its own affair.

    So it is said of one that failed after it had used most of what it may.
    """
    if memory_bytes is None or ended.code == 0:
        return False
    # A new process takes over its parent's highest use: what is below ours tells nothing.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    return peak_bytes >= memory_bytes * _CLOSE and peak_bytes > ours
