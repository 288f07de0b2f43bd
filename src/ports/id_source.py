"""New ids; the only source of randomness the application has."""

from typing import Protocol

from domain.ids import ApprovalId, CallId, LeaseId, SessionId, Tag, TaskId


class IdSource(Protocol):
    """Every id has at least 80 random bits, but for the tag, which has 32."""

    def task_id(self) -> TaskId:
        """Ids made later sort later, to the millisecond."""

    def session_id(self) -> SessionId: ...

    def lease_id(self) -> LeaseId: ...

    def call_id(self) -> CallId: ...

    def approval_id(self) -> ApprovalId:
        """Ids made later sort later, to the millisecond."""

    def message_id(self) -> str: ...

    def tag(self) -> Tag:
        """Eight hex digits."""
