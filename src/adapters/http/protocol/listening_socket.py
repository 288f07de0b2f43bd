"""The socket that the server listens on; each connection inherits what is set here."""

import socket

BACKLOG = 2048
ACCEPT_BURST = 64
"""How many connections are accepted in one go; when descriptors run out, asyncio goes on trying
and complaining for as many."""
DEAD_PEER_S = 30

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
