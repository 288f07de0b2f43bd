"""The agents as they were configured at the start."""

from collections.abc import Sequence

from domain.agent_profile import AgentProfile
from domain.errors import AgentNotFound
from domain.ids import AgentName


class FixedAgentCatalog:
    def __init__(self, profiles: Sequence[AgentProfile], *, default: AgentName) -> None:
        self._profiles = {profile.name: profile for profile in profiles}
        self._default = default

    @property
    def default(self) -> AgentName:
        return self._default

    def get(self, name: AgentName) -> AgentProfile:
        if (profile := self._profiles.get(name)) is None:
            raise AgentNotFound(f"there is no agent {name!r}")
        return profile

    def list(self) -> Sequence[AgentProfile]:
        return [self._profiles[name] for name in sorted(self._profiles)]
