"""An agent as it is at this moment."""

from dataclasses import dataclass
from typing import Literal

from domain.agent_profile import AgentProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    profile: AgentProfile
    live_tasks: int
    """Those of the asker that are being carried out now, by whatever process."""

    @property
    def status(self) -> Literal["idle", "running"]:
        return "running" if self.live_tasks else "idle"
