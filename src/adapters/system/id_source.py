"""Ids from the machine's clock and its secure random source."""

import random
import secrets
import time

from domain.ids import ApprovalId, CallId, LeaseId, SessionId, Tag, TaskId

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_RANDOM_BITS = 80
_CHARS = 26


class SystemIdSource:
    """48 bits of milliseconds and 80 random bits, so that ids sort by time yet cannot be guessed."""

    def __init__(self) -> None:
        self._tag_source = random.Random(secrets.randbits(128))

    def task_id(self) -> TaskId:
        return TaskId(f"task_{_sortable()}")

    def session_id(self) -> SessionId:
        return SessionId(f"sess_{_sortable()}")

    def lease_id(self) -> LeaseId:
        return LeaseId(f"lease_{_sortable()}")

    def call_id(self) -> CallId:
        return CallId(f"call_{_sortable()}")

    def approval_id(self) -> ApprovalId:
        return ApprovalId(f"appr_{_sortable()}")

    def message_id(self) -> str:
        return f"msg_{_sortable()}"

    def tag(self) -> Tag:
        # A tag only distinguishes two histories; it is no secret, so a fast source will do.
        return Tag(f"{self._tag_source.getrandbits(32):08x}")


def _sortable() -> str:
    number = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_CHARS - 1), -1, -5))
