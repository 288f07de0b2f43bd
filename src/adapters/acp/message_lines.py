"""Cuts an agent's output into the lines of its messages, none of which is without end."""

from adapters.acp.agent_trouble import AgentTrouble

MOST_CHARS = 32 * 1024 * 1024


class MessageLines:
    def __init__(self, *, most_chars: int = MOST_CHARS) -> None:
        self._most_chars = most_chars
        # Joined once a line ends, so that a long one in small pieces costs linear time.
        self._held: list[str] = []
        self._held_chars = 0

    def feed(self, text: str) -> list[str]:
        """The lines that are whole now. Raises AgentTrouble for one that is too long."""
        first, *others = text.split("\n")
        if not others:
            self._hold(first)
            return []
        self._hold(first)
        lines = ["".join(self._held), *others[:-1]]
        self._held, self._held_chars = [], 0
        self._hold(others[-1])
        if any(len(line) > self._most_chars for line in lines):
            raise self._too_long()
        return [line for line in lines if line.strip()]

    def end(self) -> list[str]:
        """What came after the last end of a line."""
        return self.feed("\n")

    def _hold(self, text: str) -> None:
        self._held.append(text)
        self._held_chars += len(text)
        if self._held_chars > self._most_chars:
            raise self._too_long()

    def _too_long(self) -> AgentTrouble:
        return AgentTrouble(f"the agent sent a message of more than {self._most_chars} characters")
