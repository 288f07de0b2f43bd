"""A watch over tasks, from their beginning to their end."""

from collections.abc import Collection, Sequence

from application.scope import Place, Scope
from application.strand import Passed, Strand
from application.strand_set import StrandSet
from application.stream_steps import EndReason
from application.tails import TailEvent, Wake
from domain.ids import TaskId


class TaskScope:
    def __init__(self, strands: StrandSet, *, unread: Collection[TaskId]) -> None:
        self._strands = strands
        self._unread = set(unread)

    @property
    def has_plain_ids(self) -> bool:
        return self._strands.has_plain_ids

    @property
    def needs_look(self) -> bool:
        return False

    @property
    def ending(self) -> EndReason | None:
        if not self._unread:
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
        self._unread.difference_update(passed.ended)

    def cursor(self) -> str:
        return self._strands.cursor()

    def cursor_at(self, strand: Strand, event: TailEvent) -> str:
        return self._strands.cursor_at(strand, event)

    def close(self) -> None:
        self._strands.close()
