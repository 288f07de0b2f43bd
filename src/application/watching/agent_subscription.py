"""A watch over agents wherever they work; their new tasks join while it runs."""

from collections.abc import Sequence

from application.cursors.composite_cursor import Horizon
from application.cursors.cursor import Cursor
from application.watching.agent_tasks import AgentTasks
from application.watching.log_position import LogPosition
from application.watching.log_reader import LogReader, Passed
from application.watching.log_readers import LogReaders
from application.watching.stream_request import Selection
from application.watching.stream_steps import EndReason
from application.watching.subscription import Place, Subscription
from application.watching.tails import TailEvent, Tails, Wake
from domain.ids import SessionKey, TaskId
from domain.principal import Principal
from domain.task import Task


class AgentSubscription:
    def __init__(
        self,
        readers: LogReaders,
        *,
        principal: Principal,
        selection: Selection,
        tasks: AgentTasks,
        positions: LogPosition,
        tails: Tails,
        wake: Wake,
    ) -> None:
        self._readers = readers
        self._selection = selection
        self._tasks = tasks
        self._positions = positions
        self._tails = tails
        self._is_hinted = True
        self._recent: dict[int, SessionKey] = {}
        """The tasks above the horizon that are known."""
        self._unfinished: dict[TaskId, SessionKey] = {}
        self._joined: set[SessionKey] = set()
        self._wake = wake
        tails.await_tasks(principal, selection.agents, self._hint)

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

    def fork(self, wake: Wake) -> Subscription:
        raise ValueError("only the whole of a session can be shared")

    def refresh(self) -> None:
        """`look` finds what is new and lets go of what is over; this, of what is deleted."""
        self._drop_deleted()

    async def look(self) -> None:
        """Join the tasks above the horizon that are not known yet, from their beginning.

        A session is let go of only here, where all tasks are known that have been passed in it:
        joined again by one of them, it would be read from that one's beginning.
        """
        self._is_hinted = False
        horizon = await self._tasks.horizon()
        for task in await self._tasks.made_after(self._readers.horizon):
            if task.number not in self._recent:
                await self.join(task)
        self._move_horizon(horizon)
        await self.catch_up()
        for reader in self._read_up():
            self._readers.remove(reader)

    async def join(self, task: Task) -> None:
        """From its beginning; a session that is followed already goes on from where it is."""
        if task.session_key not in self._readers:
            at = await self._positions.after(task.session_key, task.first_seq - 1)
            self.follow(task.session_key, at=at)
        self.know(task)

    def know(self, task: Task) -> None:
        """Its session keeps its place until the task is over and read, and no longer new."""
        if task.number > self._readers.horizon.number:
            self._recent[task.number] = task.session_key
        if not task.status.is_final:
            self._unfinished[task.task_id] = task.session_key

    def follow(self, session_key: SessionKey, *, at: Cursor) -> None:
        """For a session that is not followed yet."""
        reader = LogReader(
            self._tails.join(session_key, self._wake),
            tails=self._tails,
            wake=self._wake,
            position=at,
            selection=self._selection,
        )
        self._readers.add(reader)
        self._joined.add(session_key)

    async def catch_up(self) -> None:
        """Learn how far the logs go: only now nothing can fall in between.

        Of those that were joined, and of those that would be let go of: another node may have
        written there by now, up to the end of a task.
        """
        joined, self._joined = self._joined, set()
        await self._tails.look_at(joined | {reader.session_key for reader in self._read_up()})

    def readers(self) -> Sequence[LogReader]:
        return self._readers.all()

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        for task_id in passed.ended:
            self._unfinished.pop(task_id, None)
            self._is_hinted = True

    def cursor(self) -> str:
        return self._readers.cursor()

    def cursor_at(self, reader: LogReader, event: TailEvent) -> str:
        return self._readers.cursor_at(reader, event)

    def close(self) -> None:
        self._tails.forget_tasks(self._hint)
        self._readers.close()

    def _hint(self) -> None:
        self._is_hinted = True
        self._wake()

    def _move_horizon(self, horizon: Horizon) -> None:
        if horizon.number <= self._readers.horizon.number:
            return
        self._readers.horizon = horizon
        for number in [number for number in self._recent if number <= horizon.number]:
            del self._recent[number]

    def _read_up(self) -> Sequence[LogReader]:
        """A session without unread tasks needs no place in the cursor below the horizon."""
        needed = {*self._unfinished.values(), *self._recent.values()}
        return [
            reader
            for reader in self._readers.all()
            if reader.session_key not in needed and not reader.has_more
        ]

    def _drop_deleted(self) -> None:
        gone = {reader.session_key: reader for reader in self._readers.deleted()}
        if not gone:
            return
        for reader in gone.values():
            self._readers.remove(reader)
        self._recent = {n: key for n, key in self._recent.items() if key not in gone}
        self._unfinished = {t: key for t, key in self._unfinished.items() if key not in gone}
