"""The agents use case over small stores; no task is run."""

from collections.abc import Mapping, Sequence

from adapters.memory.agents import MemoryProfileStore
from adapters.memory.database import MemoryDatabase
from adapters.memory.task_store import MemoryTaskStore
from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from adapters.system.stored_agent_catalog import StoredAgentCatalog
from application.serving.agents import Agents
from application.upkeep.storage_guard import StorageGuard
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.task import Task
from ports.profile_store import ProfileStore
from ports.task_store import TaskStore
from tests.fakes import FakeClock, FakeStorage
from tests.unit.adapters.http.fake_coordinator import AGENTS

KINDS = ("react", "shell", "command", "claude-code", "acp")


class FakeProgramFinder:
    """Every program is there but those that are named `missing…`."""

    def has(self, program: str, *, env: Mapping[str, str]) -> bool:
        return not program.startswith("missing")


class OpenWorkspaces:
    """Any folder will do."""

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        return "/workspace"

    async def excess(self, folder: str) -> str | None:
        return None

    async def check(self, profile: AgentProfile, task: Task | None = None) -> None:
        return


def fake_agents(
    tasks: TaskStore | None = None,
    *,
    store: ProfileStore | None = None,
    more: Sequence[AgentProfile] = (),
) -> Agents:
    store = store or MemoryProfileStore()
    database = MemoryDatabase(FakeClock())
    return Agents(
        store=store,
        catalog=StoredAgentCatalog([*AGENTS, *more], default=AgentName("react"), store=store),
        tasks=tasks or MemoryTaskStore(database),
        programs=FakeProgramFinder(),
        matcher=RegexPatternMatcher(),
        workspaces=OpenWorkspaces(),
        storage=StorageGuard(storage=FakeStorage(), clock=FakeClock()),
        kinds=KINDS,
        parsers=("lines", "claude-code"),
    )
