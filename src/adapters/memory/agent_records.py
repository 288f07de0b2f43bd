"""What became of the tasks of each agent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from domain.ids import AgentName
from domain.task import LIVE, Task, TaskStatus
from ports.task_store import AgentRecord, LastExit


def records_of(tasks: Sequence[Task]) -> Mapping[AgentName, AgentRecord]:
    begun = [task for task in tasks if task.status is not TaskStatus.QUEUED]
    return {
        agent: _record([task for task in begun if task.agent == agent])
        for agent in {task.agent for task in begun}
    }


def _record(tasks: Sequence[Task]) -> AgentRecord:
    counts = Counter(task.status for task in tasks)
    return AgentRecord(
        live=sum(counts[status] for status in LIVE),
        completed=counts[TaskStatus.COMPLETED],
        failed=counts[TaskStatus.FAILED],
        cancelled=counts[TaskStatus.CANCELLED],
        interrupted=counts[TaskStatus.INTERRUPTED],
        last_exit=_last_exit(tasks),
    )


def _last_exit(tasks: Iterable[Task]) -> LastExit | None:
    ended = [(task.finished_at, task.number, task) for task in tasks if task.finished_at]
    if not ended:
        return None
    finished_at, _, task = max(ended, key=lambda entry: entry[:2])
    return LastExit(
        task_id=task.task_id,
        status=task.status,
        finished_at=finished_at,
        exit_code=task.result.exit_code if task.result else None,
    )
