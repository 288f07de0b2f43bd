"""Joins the pieces of lines that are still being written, so that each can be shown whole."""

from domain.process_events import Log, OutputStream

_MAX_CHARS = 64 * 1024


class HeldLines:
    """One unfinished line for each stream; a longer one than 64 Ki characters is let go as it is."""

    def __init__(self) -> None:
        self._held: dict[OutputStream, str] = {}

    def take(self, log: Log) -> str | None:
        """The line, when this piece completes it."""
        line = self._held.pop(log.stream, "") + log.line
        if not log.partial or len(line) > _MAX_CHARS:
            return line
        self._held[log.stream] = line
        return None

    def unfinished(self, log: Log) -> str:
        """What there is of the line that this piece belongs to."""
        return self._held.get(log.stream, "")

    def rest(self) -> list[tuple[OutputStream, str]]:
        """What was never completed; nothing is held after that."""
        held, self._held = list(self._held.items()), {}
        return held
