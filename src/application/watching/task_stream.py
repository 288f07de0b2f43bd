"""The stream of one task, or of several: always from their beginning, up to their end."""

from collections.abc import Mapping, Sequence

from application.cursors.cursor import Cursor, parse_cursor
from application.cursors.cursor_snapshots import CursorWriter
from application.watching.log_position import LogPosition
from application.watching.log_reader import LogReader, Passed
from application.watching.log_readers import LogReaders
from application.watching.stream_request import FromCursor, Selection, StreamRequest
from application.watching.stream_sources import (
    Opening,
    StreamSources,
    Subscriber,
    first_steps,
    join,
)
from application.watching.stream_steps import Connected, EndReason, Reset
from application.watching.subscription import Subscription
from domain.errors import TaskNotFound, UnknownTask
from domain.ids import SessionKey, TaskId
from domain.task import Task


class TaskSubscription(Subscription):
    """To some tasks. It ends when the final event of each of them was passed."""

    def __init__(self, logs: LogReaders, *, unread: Sequence[Task]) -> None:
        super().__init__(logs)
        self._unread = {task.task_id: task for task in unread}

    @property
    def ending(self) -> EndReason | None:
        if all(_is_read(task, self.logs) for task in self._unread.values()):
            return "task_finished"
        return "session_deleted" if self.logs.are_all_deleted else None

    def readers(self) -> Sequence[LogReader]:
        return self.logs.all() if self._unread else ()

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        for task_id in passed.ended:
            self._unread.pop(task_id, None)


class TaskStream:
    def __init__(self, sources: StreamSources, subscriber: Subscriber) -> None:
        self._sources = sources
        self._subscriber = subscriber
        self._positions = LogPosition(sources.log)
        self._earliest_seq = 1

    async def open(self, request: StreamRequest) -> Opening | None:
        """None if the cursor is behind the end of each task. Raises UnknownTask, InvalidCursor."""
        tasks = [await self._task(task_id, request) for task_id in request.task_ids]
        sessions = _by_session(tasks)
        cursors = CursorWriter(self._sources.snapshots, self._subscriber.principal)
        logs = LogReaders(None if len(sessions) == 1 else cursors)
        resets: list[Reset] = []
        for session_key, group in sessions.items():
            resets += await self._add_reader(logs, session_key, group, request)
        unread = [task for task in tasks if not _is_read(task, logs)]
        if not unread:
            logs.close()
            return None
        connected = self._connected(logs, tasks)
        steps = first_steps(connected, resets, request.start)
        return Opening(subscription=TaskSubscription(logs, unread=unread), steps=steps)

    async def _task(self, task_id: TaskId, request: StreamRequest) -> Task:
        try:
            task = await self._sources.tasks.get(self._subscriber.principal, task_id)
        except TaskNotFound as error:
            raise UnknownTask("task_id", f"there is no task {task_id!r}") from error
        if request.session_ids and task.session_id not in request.session_ids:
            raise UnknownTask("task_id", f"task {task_id!r} is not in the session asked for")
        return task

    async def _add_reader(
        self,
        logs: LogReaders,
        session_key: SessionKey,
        tasks: Sequence[Task],
        request: StreamRequest,
    ) -> Sequence[Reset]:
        joined = await join(self._sources, self._subscriber, session_key)
        if joined is None:
            raise UnknownTask("task_id", "the task's session was deleted")
        tail, bounds = joined
        self._earliest_seq = bounds.first_seq
        position: Cursor | None = None
        reset: Reset | None = None
        if cursor := await self._cursor(session_key, request, is_plain=logs.has_plain_ids):
            resumed, reset = await self._positions.resumed(session_key, bounds, cursor)
            position = None if reset else resumed
        if position is None:
            first_seq = min(task.first_seq for task in tasks)
            position = await self._positions.after(session_key, first_seq - 1)
        selection = Selection(
            task_ids=frozenset(task.task_id for task in tasks),
            agents=frozenset(request.agents),
            event_types=request.event_types,
        )
        logs.add(
            LogReader(
                tail,
                tails=self._sources.tails,
                wake=self._subscriber.wake,
                position=position,
                selection=selection,
            )
        )
        return [reset] if reset else []

    async def _cursor(
        self, session_key: SessionKey, request: StreamRequest, *, is_plain: bool
    ) -> Cursor | None:
        if not isinstance(request.start, FromCursor):
            return None
        if is_plain:
            at = parse_cursor(request.start.cursor)
            return at if at.seq else None
        composite = await self._sources.snapshots.read(
            self._subscriber.principal, request.start.cursor
        )
        found = composite.positions.get(session_key) if composite else None
        return found if found and found.seq else None

    def _connected(self, logs: LogReaders, tasks: Sequence[Task]) -> Connected:
        one = tasks[0] if len(tasks) == 1 else None
        reader = logs.get(tasks[0].session_key) if logs.has_plain_ids else None
        return Connected(
            session_id=tasks[0].session_id if reader else None,
            task_id=one.task_id if one else None,
            agent=one.agent if one else None,
            cursor=logs.cursor(),
            first_seq=max(one.first_seq, self._earliest_seq) if one else None,
            last_seq=reader.tail.last_seq if reader else None,
        )


def _by_session(tasks: Sequence[Task]) -> Mapping[SessionKey, list[Task]]:
    sessions: dict[SessionKey, list[Task]] = {}
    for task in tasks:
        sessions.setdefault(task.session_key, []).append(task)
    return sessions


def _is_read(task: Task, logs: LogReaders) -> bool:
    """The task's final event was passed, or was trimmed away with all before it."""
    reader = logs.get(task.session_key)
    return reader is None or (task.last_seq is not None and reader.position.seq >= task.last_seq)
