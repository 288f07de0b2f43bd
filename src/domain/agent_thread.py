"""What an agent calls a conversation, and what is to be known to go on with it."""

from dataclasses import dataclass

from domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentThread:
    id: str
    usage: Usage | None = None
    """What all its tasks have used so far, where the agent tells that instead of each one's."""
