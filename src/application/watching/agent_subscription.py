"""The subscription to agents wherever they work; the sessions of new tasks join as it runs."""

from collections.abc import Sequence

from application.cursors.composite_cursor import Horizon
from application.cursors.cursor import Cursor
from application.watching.agent_tasks import AgentTasks
from application.watching.log_position import LogPosition
from application.watching.log_reader import LogReader, Passed
from application.watching.log_readers import LogReaders
from application.watching.stream_request import Selection
from application.watching.subscription import Subscription
from application.watching.tails import Tails, Wake
from domain.ids import SessionKey, TaskId
from domain.principal import Principal
from domain.task import Task


class AgentSubscription(Subscription):
    """Its cursor may outgrow an id: then nothing is read until `look` has made room."""

    def __init__(
        self,
        logs: LogReaders,
        *,
        principal: Principal,
        selection: Selection,
        tasks: AgentTasks,
        positions: LogPosition,
        tails: Tails,
        wake: Wake,
    ) -> None:
        super().__init__(logs)
        self._selection = selection
        self._tasks = tasks
        self._positions = positions
        self._tails = tails
        self._wake = wake
        self._is_hinted = True
        """There may be new tasks, or sessions that are read to their end."""
        self._recent: dict[int, SessionKey] = {}
        """The known tasks above the horizon, by number."""
        self._unfinished: dict[TaskId, SessionKey] = {}
        self._joined: set[SessionKey] = set()
        """Sessions whose log's end is not known yet."""
        tails.await_tasks(principal, selection.agents, self._hint)

    @property
    def needs_look(self) -> bool:
        return self._is_hinted or not self.logs.has_room

    def refresh(self) -> None:
        """Drop the sessions that were deleted; those that are over are dropped by `look`."""
        gone = {reader.session_key: reader for reader in self.logs.deleted()}
        if not gone:
            return
        for reader in gone.values():
            self.logs.remove(reader)
        self._recent = {n: key for n, key in self._recent.items() if key not in gone}
        self._unfinished = {t: key for t, key in self._unfinished.items() if key not in gone}

    async def look(self) -> None:
        if self._is_hinted:
            await self._look_for_tasks()
        await self.logs.make_room()

    async def join(self, task: Task) -> None:
        """Read its session from the task's beginning, unless that is being read already."""
        if task.session_key not in self.logs:
            at = await self._positions.after(task.session_key, task.first_seq - 1)
            self.follow(task.session_key, at=at)
        self.track(task)

    def track(self, task: Task) -> None:
        """Keep its session until the task is over and read, and below the horizon."""
        if task.number > self.logs.horizon.number:
            self._recent[task.number] = task.session_key
        if not task.status.is_final:
            self._unfinished[task.task_id] = task.session_key

    def follow(self, session_key: SessionKey, *, at: Cursor) -> None:
        """Read a session that is not read yet."""
        reader = LogReader(
            self._tails.join(session_key, self._wake),
            tails=self._tails,
            wake=self._wake,
            position=at,
            selection=self._selection,
        )
        self.logs.add(reader)
        self._joined.add(session_key)

    async def catch_up(self) -> None:
        """Find out how far logs go: of sessions that joined, and of those about to be dropped.

        Only after joining, or what is written between the two would be missed. Another node may
        have written to either by now, up to the end of a task.
        """
        joined, self._joined = self._joined, set()
        await self._tails.look_at(joined | {reader.session_key for reader in self._droppable()})

    def readers(self) -> Sequence[LogReader]:
        return self.logs.all() if self.logs.has_room else ()

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        for task_id in passed.ended:
            self._unfinished.pop(task_id, None)
            self._is_hinted = True

    def close(self) -> None:
        self._tails.forget_tasks(self._hint)
        super().close()

    async def _look_for_tasks(self) -> None:
        """Join the tasks above the horizon that are not known yet, from their beginning.

        Sessions are dropped only here, where it is known that no task was missed: if another task
        turned up, the session would join again and be read from that task's beginning.
        """
        self._is_hinted = False
        horizon = await self._tasks.horizon()
        for task in await self._tasks.made_after(self.logs.horizon):
            if task.number not in self._recent:
                await self.join(task)
        self._move_horizon(horizon)
        await self.catch_up()
        for reader in self._droppable():
            self.logs.remove(reader)

    def _hint(self) -> None:
        self._is_hinted = True
        self._wake()

    def _move_horizon(self, horizon: Horizon) -> None:
        if horizon.number <= self.logs.horizon.number:
            return
        self.logs.horizon = horizon
        for number in [number for number in self._recent if number <= horizon.number]:
            del self._recent[number]

    def _droppable(self) -> Sequence[LogReader]:
        """Those to drop: read to the end, with no task that is unfinished or above the horizon."""
        needed = {*self._unfinished.values(), *self._recent.values()}
        return [
            reader
            for reader in self.logs.all()
            if reader.session_key not in needed and not reader.has_more
        ]
