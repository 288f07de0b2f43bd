"""The command that submits a task, the one that retries it, and the tasks that it interrupts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.extraction import ExtractionRule
from domain.ids import AgentName, SessionId, TaskId
from domain.limits import Limits
from domain.task import LIVE, Approval, OnBusy, OnDisconnect, Task, TaskStatus
from ports.task_store import IdempotencyKey, TaskQuery, TaskStore

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
