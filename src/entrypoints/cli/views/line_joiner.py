"""Joins partial log events into complete lines."""

from domain.process_events import Log, OutputStream

_MAX_CHARS = 64 * 1024


class LineJoiner:
    """One unfinished line per stream; one above 64 Ki characters is returned as it is."""

    def __init__(self) -> None:
        self._unfinished: dict[OutputStream, str] = {}

    def add(self, log: Log) -> str | None:
        """The complete line; None if it is still unfinished."""
        line = self._unfinished.pop(log.stream, "") + log.line
        if not log.partial or len(line) > _MAX_CHARS:
            return line
        self._unfinished[log.stream] = line
        return None

    def unfinished(self, log: Log) -> str:
        """The unfinished line of the stream of `log`."""
        return self._unfinished.get(log.stream, "")

    def rest(self) -> list[tuple[OutputStream, str]]:
        """Unfinished lines of all streams, which are cleared."""
        left, self._unfinished = list(self._unfinished.items()), {}
        return left
