"""The one tree of errors; every message may be shown to a user.

AgentcastError
├── NotFound
│   ├── TaskNotFound
│   ├── SessionNotFound
│   ├── AgentNotFound
│   ├── ApprovalNotFound
│   └── CallNotFound
├── Refused
│   ├── InvalidInput
│   │   ├── InvalidCursor
│   │   ├── UnknownTask
│   │   └── UnknownAgent
│   ├── NotAllowed
│   ├── SessionBusy
│   ├── SessionExists
│   ├── StateConflict
│   │   └── NotStarted
│   ├── CursorNotHeld
│   ├── ApprovalAnswered
│   ├── ApprovalExpired
│   ├── IdempotencyKeyReused
│   └── LimitReached
├── Unavailable
│   ├── Draining
│   ├── LogUnavailable
│   └── StorageFull
├── LeaseLost
├── StartFailed
├── ModelError
│   ├── ModelUnavailable
│   └── ModelRefused
├── ToolError
└── StoreUnusable
"""


class AgentcastError(Exception):
    """Something Agentcast can explain."""


class NotFound(AgentcastError):
    """There is no such thing, or it is another owner's: a caller cannot distinguish the two."""


class TaskNotFound(NotFound):
    """There is no such task."""


class SessionNotFound(NotFound):
    """There is no such session."""


class AgentNotFound(NotFound):
    """There is no such agent."""


class ApprovalNotFound(NotFound):
    """There is no such approval."""


class CallNotFound(NotFound):
    """No output of such a call is kept here."""


class Refused(AgentcastError):
    """The request is understood and not granted."""


class InvalidInput(Refused):
    """A field's value cannot be used."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidCursor(InvalidInput):
    """A cursor that no stream can have sent."""


class UnknownTask(InvalidInput):
    """A stream asks for a task that does not exist, or not any more."""


class UnknownAgent(InvalidInput):
    """A task names an agent that is not configured."""


class NotAllowed(Refused):
    """The caller may see this, but not change it."""


class SessionBusy(Refused):
    """The session has an unfinished task and the submission asked not to wait."""


class SessionExists(Refused):
    """A session with this id exists already."""


class StateConflict(Refused):
    """The task's present state does not allow this."""


class NotStarted(StateConflict):
    """The task has not started yet; the request may succeed soon."""


class CursorNotHeld(Refused):
    """The log does not hold the event that the cursor names."""


class ApprovalAnswered(Refused):
    """The approval was answered before; an answer is given once."""


class ApprovalExpired(Refused):
    """Nobody waits for this answer any more."""


class IdempotencyKeyReused(Refused):
    """The idempotency key was used before with another request."""


class LimitReached(Refused):
    """A cap is reached; try again later."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(AgentcastError):
    """The server cannot do this now; the same request may work later."""


class Draining(Unavailable):
    """The server is shutting down and takes no new work."""


class LogUnavailable(Unavailable):
    """The event log could not be reached, not even after retries."""


class StorageFull(Unavailable):
    """The disk or the quota of the store is full."""


class LeaseLost(AgentcastError):
    """This runner no longer holds the session's lease: it must stop and write nothing more."""


class StartFailed(AgentcastError):
    """A process could not be started."""

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        """`exit_code` is the one that a shell would report."""
        super().__init__(message)
        self.exit_code = exit_code


class ModelError(AgentcastError):
    """A language model gave no usable answer."""


class ModelUnavailable(ModelError):
    """The model may answer if asked again: overload, a server's fault, a cut stream."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ModelRefused(ModelError):
    """The model will not answer this request however often it is asked."""


class ToolError(AgentcastError):
    """A tool could not do what it was called for; the message is for the model."""


class StoreUnusable(AgentcastError):
    """The store cannot be opened: damaged, newer than this program, or not writable."""
