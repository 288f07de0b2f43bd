"""Says once in a while, not for every attempt, that no more connections can be taken."""

import asyncio
import errno
import logging
from collections.abc import Mapping

log = logging.getLogger(__name__)

_QUIET_S = 10.0
_OUT_OF_MEANS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class AcceptTrouble:
    """An exception handler for the event loop; asyncio itself tries again every second."""

    def __init__(self) -> None:
        self._unsaid = 0
        self._said_at: float | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in _OUT_OF_MEANS and "socket" in context:
            self._say(error, at=loop.time())
        else:
            loop.default_exception_handler(dict(context))

    def _say(self, error: OSError, *, at: float) -> None:
        self._unsaid += 1
        if self._said_at is None or at - self._said_at >= _QUIET_S:
            log.warning("connections have to wait: %s (%s attempts)", error.strerror, self._unsaid)
            self._said_at, self._unsaid = at, 0
