"""The reference model of a log and its watchers, independent of the implementation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from application.watching.stream_request import FromCursor, FromNow, Replay, Since, Start
from domain.ids import TaskId
from ports.event_log import StoredEvent
from tests.property.frame import Frame

DELTA = "message_delta"


@dataclass(slots=True)
class Recorded:
    seq: int
    id: str
    at: datetime
    task_id: TaskId
    is_delta: bool
    may_be_left_out: bool = False


@dataclass(slots=True, eq=False)
class Log:
    """One session from its creation to its deletion, with what was trimmed."""

    name: str
    events: list[Recorded] = field(default_factory=list)
    first_seq: int = 1
    is_deleted: bool = False

    @property
    def last_seq(self) -> int:
        return len(self.events)

    def add(self, stored: Sequence[StoredEvent], at: datetime) -> None:
        for event in stored:
            assert event.seq == self.last_seq + 1
            name = f"{event.seq}-{event.tag}"
            is_delta = event.event_type == DELTA
            self.events.append(Recorded(event.seq, name, at, event.task_id, is_delta))

    def compacted(self, task_id: TaskId) -> list[int]:
        """The seqs of what may be left out from now on."""
        emptied = [one for one in self.events if one.task_id == task_id and one.is_delta]
        for event in emptied:
            event.may_be_left_out = True
        return [event.seq for event in emptied]

    def missed(self, after: int, before: int) -> list[int]:
        between = self.events[after : before - 1]
        return [event.seq for event in between if not event.may_be_left_out]

    def before_newest(self, count: int) -> int:
        """The seq after which the newest begin, of those that are not left out."""
        earliest = self.first_seq - 1
        if self.last_seq - earliest <= count:
            return earliest
        shown = self.missed(earliest, self.last_seq + 1)[-count:] if count else []
        return shown[0] - 1 if shown else self.last_seq


@dataclass(slots=True, eq=False)
class Watcher:
    """Gets exactly the events behind its position, or a reset and then from the earliest."""

    name: str
    log: Log | None
    position: int
    owes_reset: bool = False
    may_reset: bool = False
    last_id: str | None = None
    last_log: Log | None = None
    is_over: bool = False

    def see(self, frame: Frame) -> None:
        assert not self.is_over, f"{frame} after the end"
        match frame.kind:
            case "connected":
                self._see_connected(frame)
            case "reset":
                self._see_reset(frame)
            case "end":
                assert self.log is not None and self.log.is_deleted
                self.is_over = True
            case "event" | "cursor":
                self._see_event(frame)

    @property
    def owes(self) -> str:
        """What must still come; empty when it may rest."""
        if self.owes_reset:
            return "a reset"
        if self.log is None or self.log.is_deleted:
            return ""
        missed = self.log.missed(self.position, self.log.last_seq + 1)
        return f"behind {self.position}: {missed}" if missed else ""

    def _see_connected(self, frame: Frame) -> None:
        """Reconnecting here would resume at its place, or get its reset again."""
        assert frame.id is not None
        if frame.id != self.last_id:
            assert not self.owes_reset
            assert frame.id in self._ids_of(self.position)
            self.last_id, self.last_log = frame.id, self.log

    def _ids_of(self, position: int) -> list[str]:
        """What is trimmed has lost its tag."""
        if position == 0 or self.log is None:
            return ["0-00000000"]
        untagged = [f"{position}-00000000"] if position < self.log.first_seq else []
        return [self.log.events[position - 1].id, *untagged]

    def _see_reset(self, frame: Frame) -> None:
        is_trimmed = self.log is not None and self.position + 1 < self.log.first_seq
        assert self.owes_reset or self.may_reset or is_trimmed, "a reset without a reason"
        assert self.log is None or frame.seq <= self.log.first_seq
        self.owes_reset = self.may_reset = False
        self.position = frame.seq - 1
        assert frame.id in self._ids_of(self.position)
        self.last_id, self.last_log = frame.id, self.log

    def _see_event(self, frame: Frame) -> None:
        assert self.log is not None, "an event of no session"
        assert not self.owes_reset, "an event before the reset"
        assert frame.seq > self.position, f"{frame.seq} came after {self.position}"
        assert self.log.missed(self.position, frame.seq) == [], "a silent hole"
        assert frame.id == self.log.events[frame.seq - 1].id
        self.position = frame.seq
        self.last_id, self.last_log = frame.id, self.log


def watcher(name: str, log: Log | None, start: Start, cursor_of: Log | None) -> Watcher:
    """The state right after opening; `log` is None while there is no session."""
    match start:
        case FromNow():
            return Watcher(name, log, log.last_seq if log else 0)
        case Replay(last=last):
            if log is None:
                return Watcher(name, None, 0)
            return Watcher(
                name, log, log.first_seq - 1 if last is None else log.before_newest(last)
            )
        case Since(at=at):
            return Watcher(name, log, _before(log, at) if log else 0)
        case FromCursor(cursor=cursor):
            resumed = _resumed(name, log, int(cursor.partition("-")[0]), cursor_of)
            resumed.last_id, resumed.last_log = cursor, cursor_of
            return resumed


def _before(log: Log, at: datetime) -> int:
    left = log.events[log.first_seq - 1 :]
    return next((event.seq - 1 for event in left if event.at >= at), log.last_seq)


def _resumed(name: str, log: Log | None, seq: int, cursor_of: Log | None) -> Watcher:
    if log is None:
        return Watcher(name, None, 0, owes_reset=seq > 0)
    if seq == 0:
        return Watcher(name, log, 0, owes_reset=log.first_seq > 1)
    if log is cursor_of:
        return Watcher(name, log, seq, owes_reset=seq < log.first_seq - 1)
    # The tag that would distinguish the two histories has been trimmed.
    is_indistinguishable = seq == log.first_seq - 1
    return Watcher(name, log, seq, owes_reset=not is_indistinguishable, may_reset=True)
