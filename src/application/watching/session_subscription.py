"""A watch over sessions by their names, whether they exist yet or not."""

from collections.abc import Sequence

from application.cursors.cursor import BEGINNING
from application.watching.log_reader import LogReader, Passed
from application.watching.log_readers import LogReaders
from application.watching.stream_request import Selection
from application.watching.stream_steps import EndReason
from application.watching.subscription import Place, Subscription
from application.watching.tails import AwaitedSession, TailEvent, Tails, Wake
from domain.ids import SessionId


class SessionSubscription:
    def __init__(
        self,
        readers: LogReaders,
        awaited: Sequence[AwaitedSession],
        *,
        stream: tuple[str, str, SessionId] | None,
        tails: Tails,
        wake: Wake,
        selection: Selection,
    ) -> None:
        self._readers = readers
        self._awaited = list(awaited)
        self._stream = stream
        self._tails = tails
        self._wake = wake
        self._selection = selection

    @property
    def has_plain_ids(self) -> bool:
        return self._readers.has_plain_ids

    @property
    def needs_look(self) -> bool:
        return False

    @property
    def ending(self) -> EndReason | None:
        is_gone = not self._awaited and self._readers.are_all_deleted
        return "session_deleted" if is_gone else None

    @property
    def last_seq(self) -> int | None:
        return self._readers.last_seq

    @property
    def place(self) -> Place | None:
        if self._stream is None or not self._selection.admits_all:
            return None
        readers = self._readers.all()
        if not readers:
            return Place(self._stream, BEGINNING) if self._awaited else None
        return None if readers[0].has_more else Place(self._stream, readers[0].position)

    def fork(self, wake: Wake) -> Subscription:
        forked = LogReaders(has_plain_ids=True, write=str)
        for reader in self._readers.all():
            forked.add(reader.fork(wake))
        awaited = [
            self._tails.await_session(one.principal, one.session_id, wake) for one in self._awaited
        ]
        return SessionSubscription(
            forked,
            awaited,
            stream=self._stream,
            tails=self._tails,
            wake=wake,
            selection=self._selection,
        )

    def refresh(self) -> None:
        if not self._awaited:
            return
        for awaited in [one for one in self._awaited if one.session_key is not None]:
            assert awaited.session_key is not None
            self._awaited.remove(awaited)
            reader = LogReader(
                self._tails.join(awaited.session_key, self._wake),
                tails=self._tails,
                wake=self._wake,
                position=BEGINNING,
                selection=self._selection,
            )
            self._readers.add(reader)

    async def look(self) -> None:
        """Nothing to look for: `refresh` is told of the sessions that appear."""

    def readers(self) -> Sequence[LogReader]:
        return self._readers.all()

    def has_passed(self, reader: LogReader, passed: Passed) -> None:
        """A session has no last event."""

    def cursor(self) -> str:
        return self._readers.cursor()

    def cursor_at(self, reader: LogReader, event: TailEvent) -> str:
        return self._readers.cursor_at(reader, event)

    def close(self) -> None:
        for awaited in self._awaited:
            self._tails.forget_session(awaited, self._wake)
            if awaited.session_key is not None:
                self._tails.leave(self._tails.join(awaited.session_key, self._wake), self._wake)
        self._readers.close()
