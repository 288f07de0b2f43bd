"""A watch over tasks, from their beginning to their end."""

from collections.abc import Sequence

from application.watching.log_reader import Passed, Strand
from application.watching.log_readers import StrandSet
from application.watching.stream_steps import EndReason
from application.watching.subscription import Place, Scope
from application.watching.tails import TailEvent, Wake
from domain.task import Task


class TaskScope:
    def __init__(self, strands: StrandSet, *, unread: Sequence[Task]) -> None:
        self._strands = strands
        self._unread = {task.task_id: task for task in unread}

    @property
    def has_plain_ids(self) -> bool:
        return self._strands.has_plain_ids

    @property
    def needs_look(self) -> bool:
        return False

    @property
    def ending(self) -> EndReason | None:
        if all(is_read(task, self._strands) for task in self._unread.values()):
            return "task_finished"
        return "session_deleted" if self._strands.are_all_deleted else None

    @property
    def last_seq(self) -> int | None:
        return self._strands.last_seq

    @property
    def place(self) -> Place | None:
        return None

    def fork(self, wake: Wake) -> Scope:
        raise ValueError("only the whole of a session can be shared")

    def refresh(self) -> None:
        """All its sessions exist."""

    async def look(self) -> None:
        """All its tasks are known."""

    def strands(self) -> Sequence[Strand]:
        return self._strands.all() if self._unread else ()

    def has_passed(self, strand: Strand, passed: Passed) -> None:
        for task_id in passed.ended:
            self._unread.pop(task_id, None)

    def cursor(self) -> str:
        return self._strands.cursor()

    def cursor_at(self, strand: Strand, event: TailEvent) -> str:
        return self._strands.cursor_at(strand, event)

    def close(self) -> None:
        self._strands.close()


def is_read(task: Task, strands: StrandSet) -> bool:
    """The task's final event was passed, or went with what was trimmed."""
    strand = strands.get(task.session_key)
    return strand is None or (task.last_seq is not None and strand.position.seq >= task.last_seq)
