"""Gives tasks to the worker that carries them out."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from domain.ids import LeaseId, TaskId
from domain.task import CancelIntent, PauseWish, Task
from domain.task_events import FinalEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to carry out a task, or to settle it, which one worker at a time has."""

    task: Task
    lease_id: LeaseId
    """New with every claim: the log refuses events of the task that come with an older one."""
    is_first: bool = False
    """No worker has begun the task before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWishes:
    """What is wanted of a task while it is carried out."""

    task_id: TaskId
    cancel: CancelIntent | None = None
    pause: PauseWish | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A run that is over although its task is not: no final event could be written."""

    last_event: FinalEvent | None = None
    """The one that the task is to end with; None where nobody has decided that yet."""


class TaskHandler(Protocol):
    """The worker of a queue. All of it is called on the event loop, for many tasks at a time."""

    def capacity(self) -> int:
        """How many tasks it can carry out at the same time now; asked before tasks are given."""

    async def carry_out(self, claim: Claim, *, until: float) -> Unsettled | None:
        """Carry out a task until its final event is in the log, or it was handed back.

        It is this worker's alone until that time of the monotonic clock, and longer if it is
        `renewed`. What is returned is given to `settle`.
        """

    def renewed(self, claim: Claim, *, until: float) -> None:
        """A task that is being carried out is this worker's for longer."""

    def lost(self, claim: Claim) -> None:
        """Another worker may have the task now: its run must stop, and write nothing more.

        May be called again; `renewed` is not called for this claim any more.
        """

    def wished(self, wishes: TaskWishes) -> None:
        """Called for a task that is being carried out; the same wishes may come again."""

    async def settle(self, claim: Claim, unsettled: Unsettled) -> bool:
        """End a task whose run here is over, or hand it back; after False it is given again."""

    async def take_over(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """End the tasks of workers that are gone, or hand them back.

        Returns those for which that could not be done; they are given to `settle`.
        """


class TaskQueue(Protocol):
    """One worker's end of the queue that it shares with others, in this process or elsewhere.

    Order: a session has at most one task that is carried out; its others wait in the order of
    their submission. Those that may begin are given oldest first.
    Fencing: a task is given to one worker at a time. Each time its claim is a new one, and before
    another worker gets it, the former one is prevented from writing.
    Attempts: `task.attempt` counts how often a task was given to be carried out, this time
    included. Settling is no attempt.
    Loss: the tasks of a worker that crashed, froze or was cut off are given to another one, to be
    taken over. The former one, if it lives, stops them earlier, by its own clock.
    """

    def work(self, handler: TaskHandler) -> AbstractAsyncContextManager[None]:
        """Give tasks to the handler until it is left; enter it once.

        What the worker before this one left is taken over before it is entered, if that is
        possible then. Leaving drains, and waits for all that was given to be carried out.
        """

    def wake(self) -> None:
        """There may be a task to give, or a wish to pass on; without this it takes a second."""

    def reserve(self, task_id: TaskId) -> None:
        """Give this task, which was submitted for this worker alone."""

    def drain(self) -> None:
        """Begin no more tasks and take over none; what is being given may still come.

        Those that are being carried out remain this worker's.
        """

    async def hand_back(self, claim: Claim, *, attempt_spent: bool) -> None:
        """Have the task wait again, in its old place; cancel it if its session was deleted.

        Called while it is carried out or settled. Unless it is spent, the attempt does not count.
        Raises LeaseLost, LogUnavailable, StorageFull.
        """
