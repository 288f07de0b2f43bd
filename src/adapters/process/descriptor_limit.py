"""Gives agents the usual limit of open files, whatever the server has raised its own to.

Some programs close or reserve every descriptor they may have, which takes them long for a million.
"""

import resource

# This is imported before anyone has had a reason to change it.
_AT_START, _ = resource.getrlimit(resource.RLIMIT_NOFILE)


def descriptor_script() -> str:
    """Shell code that sets the limit back; empty when it was never changed."""
    now, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now == _AT_START:
        return ""
    limit = "unlimited" if _AT_START == resource.RLIM_INFINITY else _AT_START
    return f"ulimit -Sn {limit} 2>/dev/null; "
