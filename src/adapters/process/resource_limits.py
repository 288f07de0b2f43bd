"""Resource limits of commands, set by the shell that starts them: memory, files, descriptors."""

import resource

from ports.process import Exit

_KIB = 1024
_BLOCK = 512
_CLOSE = 0.8
# As the server was started: read at import, before the server raises it.
_AT_START, _ = resource.getrlimit(resource.RLIMIT_NOFILE)


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
    """A judgement: it failed after it had used most of its memory limit.

    At the limit the kernel only refuses memory, and how a program then fails is its own affair.
    """
    if memory_bytes is None or ended.code == 0:
        return False
    # A new process inherits the peak of its parent, so a peak below ours proves nothing.
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    return peak_bytes >= memory_bytes * _CLOSE and peak_bytes > ours


def descriptor_script() -> str:
    """Shell code that restores the limit of open files that the server was started with.

    Empty if it was never changed. Some programs close or reserve every descriptor they may have,
    which takes long with a million.
    """
    now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now == _AT_START:
        return ""
    limit = "unlimited" if _AT_START == resource.RLIM_INFINITY else _AT_START
    return f"ulimit -Sn {limit} 2>/dev/null; "
