"""What a call says that went down with its connection."""

from domain.errors import ToolError


class ServerLost(ToolError):
    """No further call can be made over this connection."""
