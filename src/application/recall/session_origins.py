"""The sessions that the conversation of a forked session comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.errors import SessionNotFound
from domain.ids import SessionId, SessionKey, Tag, is_chosen_id
from domain.principal import Principal
from ports.event_log import EventLog
from ports.session_store import SessionStore

FORK_OF = "fork_of"
"""The key of the fork point in a session's metadata."""
_SEQS = 2**63
_MOST_ORIGINS = 20  # in a chain of forks


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkPoint:
    """The last event of another session that belongs to the conversation of this one."""

    session_id: SessionId
    seq: int
    tag: Tag
    """Distinguishes it from an event of a later session with the same id."""

    def as_metadata(self) -> Mapping[str, object]:
        return {"session_id": self.session_id, "seq": self.seq, "tag": self.tag}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSession:
    session_key: SessionKey
    session_id: SessionId
    last_seq: int
    """The last seq that belongs to the conversation."""


class SessionOrigins:
    def __init__(self, *, sessions: SessionStore, log: EventLog) -> None:
        self._sessions = sessions
        self._log = log

    async def of(self, principal: Principal, session_id: SessionId) -> Sequence[PastSession]:
        """Oldest first. A session that was deleted or trimmed, and all before it, is left out.

        Only sessions of the same principal, as the metadata that names them is the client's.
        """
        origins: list[PastSession] = []
        point = await self._point_of(principal, session_id)
        while point is not None and len(origins) < _MOST_ORIGINS:
            key = await self._sessions.find_key(principal, point.session_id)
            if key is None or any(key == origin.session_key for origin in origins):
                break
            if await self._log.tag_at(key, point.seq) != point.tag:
                break
            origins.insert(0, _past_session(key, point))
            point = await self._point_of(principal, point.session_id)
        return origins

    async def _point_of(self, principal: Principal, session_id: SessionId) -> ForkPoint | None:
        try:
            session = await self._sessions.get(principal, session_id)
        except SessionNotFound:
            return None
        return _fork_point((session.metadata or {}).get(FORK_OF))


def _past_session(key: SessionKey, point: ForkPoint) -> PastSession:
    return PastSession(session_key=key, session_id=point.session_id, last_seq=point.seq)


def _fork_point(metadata: object) -> ForkPoint | None:
    """None for anything that creating a fork would not have written."""
    match metadata:
        case {"session_id": str(session_id), "seq": int(seq), "tag": str(tag)}:
            if is_chosen_id(session_id) and 0 < seq < _SEQS:
                return ForkPoint(session_id=SessionId(session_id), seq=seq, tag=Tag(tag))
            return None
        case _:
            return None
