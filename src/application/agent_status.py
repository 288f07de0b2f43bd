"""An agent as it is at this moment."""

from dataclasses import dataclass
from typing import Literal

from domain.agent_profile import AgentProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    profile: AgentProfile
    status: Literal["idle", "running"]
    live_tasks: int
    """Those that this process is carrying out now."""
