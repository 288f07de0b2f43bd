"""The socket that the server listens on, and the log of connections that it cannot accept."""

import asyncio
import errno
import logging
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)

BACKLOG = 2048
ACCEPT_BURST = 64
"""How many connections are accepted in one go; when descriptors run out, asyncio goes on trying
and complaining for as many."""
DEAD_PEER_S = 30

_QUIET_S = 10.0
_OUT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_TCP = {
    "TCP_NODELAY": 1,
    "TCP_USER_TIMEOUT": DEAD_PEER_S * 1000,
    "TCP_KEEPIDLE": 20,
    "TCP_KEEPINTVL": 5,
    "TCP_KEEPCNT": 2,
}
"""Those that a platform lacks are left out."""


def bound_socket(*, host: str, port: int) -> socket.socket:
    """Bound but not yet listening: nobody can connect before the store is open.

    Raises OSError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Only a socket that says it is TCP gets TCP_NODELAY from asyncio; else each event waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        _prepare(listener)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _prepare(listener: socket.socket) -> None:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _TCP.items():
        if (option := getattr(socket, name, None)) is not None:
            listener.setsockopt(socket.IPPROTO_TCP, option, value)


class AcceptFailures:
    """An exception handler of the event loop that logs a failed accept once in a while.

    asyncio tries again every second, and would log each attempt.
    """

    def __init__(self) -> None:
        self._unlogged = 0
        self._logged_at: float | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _OUT_OF_RESOURCES and "socket" in context:
            self._log(error, at=loop.time())
        else:
            loop.default_exception_handler(dict(context))

    def _log(self, error: OSError, *, at: float) -> None:
        self._unlogged += 1
        if self._logged_at is None or at - self._logged_at >= _QUIET_S:
            log.warning(
                "connections have to wait: %s (%s attempts)", error.strerror, self._unlogged
            )
            self._logged_at, self._unlogged = at, 0
