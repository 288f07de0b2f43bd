"""Puts the commits of this process back into the order of their seqs."""

import asyncio
from collections.abc import Callable, Sequence

from domain.events import Origin
from domain.ids import SessionId
from ports.event_log import StoredEvent

PassOn = Callable[[Origin, Sequence[StoredEvent]], None]


class Commit:
    """One write to a session's log, from before it begins until its events are passed on."""

    __slots__ = ("earlier", "origin", "passed_on", "session_id", "stored")

    def __init__(self, session_id: SessionId) -> None:
        self.session_id = session_id
        self.origin: Origin | None = None
        self.stored: Sequence[StoredEvent] = ()
        self.earlier: set[Commit] = set()
        """Those under way when this one ended: they may have smaller seqs."""
        self.passed_on = asyncio.Event()


class CommitOrder:
    """Writes to a session may end in another order than they were committed in.

    Example: A commits seq 1, B commits seq 2, and B returns first: B waits until A has ended.
    A gap before a seq proves nothing, as another process may have written what is missing. What
    begins after a write has ended gets higher seqs, so no commit waits for ever.
    """

    def __init__(self, pass_on: PassOn) -> None:
        self._pass_on = pass_on
        self._under_way: dict[SessionId, dict[Commit, None]] = {}
        self._held: dict[SessionId, list[Commit]] = {}

    def begin(self, session_id: SessionId) -> Commit:
        commit = Commit(session_id)
        self._under_way.setdefault(session_id, {})[commit] = None
        return commit

    def end(self, commit: Commit) -> None:
        """Pass on what is certain to come next, of this write and of those that waited for it."""
        under_way = self._under_way[commit.session_id]
        del under_way[commit]
        if not under_way:
            del self._under_way[commit.session_id]
        held = self._held.pop(commit.session_id, [])
        for one in held:
            one.earlier.discard(commit)
        if commit.stored:
            commit.earlier = set(under_way)
            held.append(commit)
        if left := self._passed_on(held):
            self._held[commit.session_id] = left

    def _passed_on(self, held: list[Commit]) -> list[Commit]:
        """Passes on what is certain; returns the commits that have to wait."""
        ready = [commit for commit in held if not commit.earlier]
        left: list[Commit] = []
        for commit in sorted(held, key=_first_seq):
            if commit.origin is not None and any(_is_up_to(commit, one) for one in ready):
                self._pass_on(commit.origin, commit.stored)
                commit.passed_on.set()
            else:
                left.append(commit)
        return left


def _first_seq(commit: Commit) -> int:
    return commit.stored[0].seq


def _is_up_to(commit: Commit, other: Commit) -> bool:
    """Of the same session, and not later. Two owners may have sessions of the same name."""
    if commit.origin is None or other.origin is None:
        return False
    is_same_session = commit.origin.session_key == other.origin.session_key
    return is_same_session and _first_seq(commit) <= _first_seq(other)
