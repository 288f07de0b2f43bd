"""The JSON messages of the protocol: split into lines of bounded length, and parsed."""

from adapters.system.foreign_json import foreign_json
from domain.errors import AgentcastError

JsonObject = dict[str, object]
MOST_CHARS = 32 * 1024 * 1024


class ProtocolError(AgentcastError):
    """The agent breaks the protocol or its approval rules; the user is shown the text."""


def json_message(line: str) -> JsonObject | None:
    """None for a line that is no JSON object."""
    try:
        # The rest of the message is kept: the agent may wait for an answer to it.
        loaded = foreign_json(line, too_deep=lambda: "(nested too deeply)")
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def json_object(value: object) -> JsonObject:
    """The value itself if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def json_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def json_text(value: object) -> str:
    return value if isinstance(value, str) else ""


class MessageLines:
    def __init__(self, *, most_chars: int = MOST_CHARS) -> None:
        self._most_chars = most_chars
        # Joined once a line ends, so that a long one in small pieces costs linear time.
        self._buffer: list[str] = []
        self._buffered_chars = 0

    def feed(self, text: str) -> list[str]:
        """The lines that are complete now. Raises ProtocolError for one that is too long."""
        first, *others = text.split("\n")
        if not others:
            self._append(first)
            return []
        self._append(first)
        lines = ["".join(self._buffer), *others[:-1]]
        self._buffer, self._buffered_chars = [], 0
        self._append(others[-1])
        if any(len(line) > self._most_chars for line in lines):
            raise self._too_long()
        return [line for line in lines if line.strip()]

    def end(self) -> list[str]:
        """The text after the last line feed, as lines."""
        return self.feed("\n")

    def _append(self, text: str) -> None:
        self._buffer.append(text)
        self._buffered_chars += len(text)
        if self._buffered_chars > self._most_chars:
            raise self._too_long()

    def _too_long(self) -> ProtocolError:
        return ProtocolError(
            f"the agent sent a message of more than {self._most_chars} characters"
        )
