"""A watch over tasks, from their beginning to their end."""

from collections.abc import Sequence

from application.watching.log_reader import LogReader, Passed
from application.watching.log_readers import LogReaders
from application.watching.stream_steps import EndReason
from application.watching.subscription import Place, Subscription
from application.watching.tails import TailEvent, Wake
from domain.task import Task


class TaskSubscription:
    def __init__(self, readers: LogReaders, *, unread: Sequence[Task]) -> None:
        self._readers = readers
        self._unread = {task.task_id: task for task in unread}

    @property
    def has_plain_ids(self) -> bool:
        return self._readers.has_plain_ids

    @property
    def needs_look(self) -> bool:
        return False

    @property
    def ending(self) -> EndReason | None:
        if all(is_read(task, self._readers) for task in self._unread.values()):
            return "task_finished"
        return "session_deleted" if self._readers.are_all_deleted else None

    @property
    def last_seq(self) -> int | None:
        return self._readers.last_seq

    @property
    def place(self) -> Place | None:
        return None

    def fork(self, wake: Wake) -> Subscription:
        raise ValueError("only the whole of a session can be shared")

    def refresh(self) -> None:
        """All its sessions exist."""

    async def look(self) -> None:
        """All its tasks are known."""

    def readers(self) -> Sequence[LogReader]:
        return self._readers.all() if self._unread else ()

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        for task_id in passed.ended:
            self._unread.pop(task_id, None)

    def cursor(self) -> str:
        return self._readers.cursor()

    def cursor_at(self, reader: LogReader, event: TailEvent) -> str:
        return self._readers.cursor_at(reader, event)

    def close(self) -> None:
        self._readers.close()


def is_read(task: Task, readers: LogReaders) -> bool:
    """The task's final event was passed, or went with what was trimmed."""
    reader = readers.get(task.session_key)
    return reader is None or (task.last_seq is not None and reader.position.seq >= task.last_seq)
