"""The command that submits a task: the task it makes, its retry, and the tasks it interrupts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from application.running.profile_check import check_task
from domain.errors import AgentNotFound, UnknownAgent
from domain.extraction import ExtractionRule
from domain.ids import AgentName, SessionId, SessionKey, TaskId
from domain.limits import Limits
from domain.principal import Principal
from domain.task import LIVE, Approval, OnBusy, OnDisconnect, Task, TaskStatus
from ports.agent_catalog import AgentCatalog
from ports.clock import Clock
from ports.id_source import IdSource
from ports.pattern_matcher import PatternMatcher
from ports.task_store import IdempotencyKey, TaskQuery, TaskStore
from ports.workspaces import Workspaces

_QUEUED = frozenset({TaskStatus.QUEUED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitTask:
    text: str
    session_id: SessionId | None = None
    """None makes a new session."""
    agent: AgentName | None = None
    """None takes the catalog's default."""
    limits: Limits | None = None
    on_busy: OnBusy = "enqueue"
    on_disconnect: OnDisconnect = "continue"
    approval: Approval | None = None
    workspace: str | None = None
    model: str | None = None
    """None takes the agent's."""
    metadata: Mapping[str, object] | None = None
    idempotency: IdempotencyKey | None = None
    retry_of: TaskId | None = None
    rules: tuple[ExtractionRule, ...] = ()


class NewTasks:
    def __init__(
        self,
        *,
        catalog: AgentCatalog,
        workspaces: Workspaces,
        matcher: PatternMatcher,
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._catalog = catalog
        self._workspaces = workspaces
        self._matcher = matcher
        self._clock = clock
        self._ids = ids

    async def of(self, principal: Principal, request: SubmitTask) -> Task:
        """A queued task, which nobody has stored yet. Raises UnknownAgent and InvalidInput."""
        self._matcher.ready(request.rules, field="extraction")
        agent = request.agent or self._catalog.default
        try:
            profile = await self._catalog.find(agent)
        except AgentNotFound as error:
            known = ", ".join(profile.name for profile in self._catalog.list())
            raise UnknownAgent("agent", f"no agent is named {agent!r}; known: {known}") from error
        check_task(
            profile,
            model=request.model,
            limits=request.limits,
            approval=request.approval,
            rules=request.rules,
        )
        task = Task(
            task_id=self._ids.task_id(),
            session_key=SessionKey(0),
            session_id=request.session_id or self._ids.session_id(),
            principal=principal,
            agent=agent,
            text=request.text,
            status=TaskStatus.QUEUED,
            created_at=self._clock.now(),
            limits=request.limits,
            metadata=request.metadata,
            on_disconnect=request.on_disconnect,
            approval=request.approval,
            workspace=request.workspace,
            model=request.model,
            retry_of=request.retry_of,
            rules=request.rules,
        )
        await self._workspaces.check(profile, task)
        return task


def resubmission(task: Task) -> SubmitTask:
    """The same task once more, in its session, queued behind whatever runs there."""
    return SubmitTask(
        text=task.text,
        session_id=task.session_id,
        agent=task.agent,
        limits=task.limits,
        on_disconnect=task.on_disconnect,
        approval=task.approval,
        workspace=task.workspace,
        model=task.model,
        metadata=task.metadata,
        retry_of=task.task_id,
        rules=task.rules,
    )


async def superseded_by(task: Task, tasks: TaskStore) -> Sequence[Task]:
    """What a task that interrupts its session replaces: its live tasks, else the next queued one."""
    live = await _earlier(task, LIVE, tasks)
    return live or (await _earlier(task, _QUEUED, tasks))[-1:]


async def _earlier(
    task: Task, statuses: Collection[TaskStatus], tasks: TaskStore
) -> Sequence[Task]:
    """Newest first, however many they are."""
    found: list[Task] = []
    query = TaskQuery(session_id=task.session_id, statuses=statuses, before=task.task_id)
    while page := await tasks.list(task.principal, query):
        found += page
        query = replace(query, before=page[-1].task_id)
    return found
