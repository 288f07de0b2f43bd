"""A watch over agents wherever they work; their new tasks join while it runs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from application.cursor import Cursor
from application.scope import Place, Scope
from application.selection import Selection
from application.strand import Passed, Strand, before
from application.strand_set import StrandSet
from application.stream_steps import EndReason
from application.tails import TailEvent, Tails, Wake
from domain.ids import SessionKey, TaskId
from domain.principal import Principal
from domain.task import Task
from ports.clock import Clock
from ports.task_store import TaskQuery, TaskStore

_PAGE_TASKS = 200
_SLACK = timedelta(seconds=5)
"""How late a task may become visible after the moment it says it was made at."""


class AgentScope:
    def __init__(
        self,
        strands: StrandSet,
        *,
        principal: Principal,
        selection: Selection,
        tasks: TaskStore,
        tails: Tails,
        wake: Wake,
        clock: Clock,
    ) -> None:
        self._strands = strands
        self._principal = principal
        self._selection = selection
        self._tasks = tasks
        self._tails = tails
        self._clock = clock
        self._is_hinted = True
        self._seen: dict[TaskId, Task] = {}
        self._unread: dict[TaskId, SessionKey] = {}
        self._joined: set[SessionKey] = set()
        self._wake = wake
        tails.await_tasks(self._hint)

    @property
    def has_plain_ids(self) -> bool:
        return False

    @property
    def needs_look(self) -> bool:
        return self._is_hinted

    @property
    def ending(self) -> EndReason | None:
        return None

    @property
    def last_seq(self) -> int | None:
        return None

    @property
    def place(self) -> Place | None:
        return None

    def fork(self, wake: Wake) -> Scope:
        raise ValueError("only the whole of a session can be shared")

    def refresh(self) -> None:
        """`look` finds what is new."""

    async def look(self) -> None:
        """Join the tasks made since the horizon that are not known yet, from their beginning."""
        self._is_hinted = False
        started = self._clock.now()
        horizon = datetime.fromtimestamp(self._strands.horizon_us / 1e6, UTC)
        for task in reversed(await self.tasks_since(horizon)):
            if task.task_id not in self._seen:
                self.add(task, at=before(task.first_seq))
        await self.catch_up()
        self._strands.horizon_us = max(self._strands.horizon_us, horizon_us(started))
        self._drop_what_is_read()

    async def tasks_since(self, since: datetime | None) -> Sequence[Task]:
        """The agents' tasks made since then, newest first."""
        found: list[Task] = []
        for agent in self._selection.agents:
            query = TaskQuery(agent=agent, since=since, limit=_PAGE_TASKS)
            while page := await self._tasks.list(self._principal, query):
                found.extend(page)
                query = TaskQuery(
                    agent=agent, since=since, limit=_PAGE_TASKS, before=page[-1].task_id
                )
        return found

    def add(self, task: Task, *, at: Cursor) -> None:
        """Follow a task; a session that is followed already goes on from where it is."""
        self._seen[task.task_id] = task
        if (strand := self._strands.get(task.session_key)) is None:
            strand = Strand(
                self._tails.join(task.session_key, self._wake),
                tails=self._tails,
                wake=self._wake,
                position=at,
                selection=self._selection,
            )
            self._strands.add(strand)
            self._joined.add(task.session_key)
        if task.last_seq is None or task.last_seq > strand.position.seq:
            self._unread[task.task_id] = task.session_key

    async def catch_up(self) -> None:
        """Learn how far the logs go that were joined: only now nothing can fall in between."""
        joined, self._joined = self._joined, set()
        await self._tails.look_at(joined)

    def pass_over(self, task: Task) -> None:
        """Take a task for read."""
        self._seen[task.task_id] = task

    def strands(self) -> Sequence[Strand]:
        return self._strands.all()

    def has_passed(self, strand: Strand, passed: Passed) -> None:
        for task_id in passed.ended:
            self._unread.pop(task_id, None)

    def cursor(self) -> str:
        return self._strands.cursor()

    def cursor_at(self, strand: Strand, event: TailEvent) -> str:
        return self._strands.cursor_at(strand, event)

    def close(self) -> None:
        self._tails.forget_tasks(self._hint)
        self._strands.close()

    def _hint(self) -> None:
        self._is_hinted = True
        self._wake()

    def _drop_what_is_read(self) -> None:
        """A session without unread tasks needs no place in the cursor once the horizon is past."""
        horizon = datetime.fromtimestamp(self._strands.horizon_us / 1e6, UTC)
        read = [task for task in self._seen.values() if task.task_id not in self._unread]
        needed = set(self._unread.values())
        needed |= {task.session_key for task in read if task.created_at >= horizon}
        for strand in self._strands.all():
            if strand.session_key not in needed and not strand.has_more:
                self._strands.remove(strand)
        for task in read:
            if task.created_at < horizon:
                del self._seen[task.task_id]


def horizon_us(now: datetime) -> int:
    """Every task made before it is visible by now."""
    return round((now - _SLACK).timestamp() * 1e6)
