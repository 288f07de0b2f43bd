"""Why a conversation with an agent cannot go on, told to the user as it is."""

from domain.errors import AgentcastError


class AgentTrouble(AgentcastError):
    """The agent does not keep to the protocol."""
