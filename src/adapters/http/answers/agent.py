"""An agent as JSON: its profile, its state, and how its tasks ended."""

import logging
from collections.abc import Iterable
from typing import Annotated, Literal, NotRequired

from pydantic import Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import AnswerTime, agent_path
from adapters.http.answers.profile import ProfileAnswer, add_optional
from adapters.wire import timestamp
from application.serving.agents import AgentStatus
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput
from domain.principal import LOCAL, Principal
from domain.task import TaskStatus
from ports.task_store import AgentRecord, LastExit

log = logging.getLogger(__name__)


class AgentLinks(TypedDict):
    self: str
    stream: str


class LastExitAnswer(TypedDict):
    """How the latest of your tasks ended."""

    task_id: str
    status: TaskStatus
    exit_code: NotRequired[int]
    finished_at: AnswerTime


class AgentTotals(TypedDict):
    """How your tasks ended, as far as they are stored."""

    completed: int
    failed: int
    cancelled: int
    interrupted: int


@with_config(defer_build=True)
class AgentAnswer(ProfileAnswer):
    """A configured profile that can carry out tasks."""

    status: Literal["idle", "running"]
    live_tasks: Annotated[
        int,
        Field(description="Your tasks that it carries out now, on any node or command line."),
    ]
    installed: bool
    missing: NotRequired[
        Annotated[str, Field(description="The program that is not on the PATH of this node.")]
    ]
    totals: AgentTotals
    last_exit: NotRequired[LastExitAnswer]
    links: AgentLinks


@with_config(defer_build=True)
class AgentPage(TypedDict):
    items: list[AgentAnswer]
    next_cursor: NotRequired[str]


_ANSWER = TypeAdapter(AgentAnswer)


def require_showable(profile: AgentProfile) -> None:
    """Raises InvalidInput for a profile that could be stored, but not be rendered."""
    try:
        _ANSWER.validate_python(agent_answer(AgentStatus(profile=profile), LOCAL))
    except ValidationError as error:
        field, message = _first_mistake(error)
        raise InvalidInput(field, f"cannot be shown again: {message}") from error


def agent_answers(agents: Iterable[AgentStatus], asker: Principal) -> list[AgentAnswer]:
    """Leaves out those that cannot be rendered: another version may have stored them."""
    answers = []
    for agent in agents:
        try:
            answers.append(_ANSWER.validate_python(agent_answer(agent, asker)))
        except ValidationError as error:
            field, message = _first_mistake(error)
            log.error("agent %s cannot be shown: %s: %s", agent.profile.name, field, message)
    return answers


def agent_answer(agent: AgentStatus, asker: Principal) -> AgentAnswer:
    profile = agent.profile
    path = agent_path(profile.name)
    answer = AgentAnswer(
        name=profile.name,
        kind=profile.kind,
        source=profile.source,
        status=agent.status,
        live_tasks=agent.record.live,
        pty=profile.pty,
        sandbox=profile.sandbox,
        network=profile.network,
        on_lost=profile.on_lost,
        max_attempts=profile.max_attempts,
        installed=agent.missing is None,
        totals=_totals(agent.record),
        links=AgentLinks(self=path, stream=f"{path}/stream"),
    )
    add_optional(answer, profile, is_whole=asker.is_operator)
    if agent.missing is not None:
        answer["missing"] = agent.missing
    if agent.record.last_exit is not None:
        answer["last_exit"] = _last_exit(agent.record.last_exit)
    return answer


def _totals(record: AgentRecord) -> AgentTotals:
    return AgentTotals(
        completed=record.completed,
        failed=record.failed,
        cancelled=record.cancelled,
        interrupted=record.interrupted,
    )


def _last_exit(last: LastExit) -> LastExitAnswer:
    answer = LastExitAnswer(
        task_id=last.task_id, status=last.status, finished_at=timestamp(last.finished_at)
    )
    if last.exit_code is not None:
        answer["exit_code"] = last.exit_code
    return answer


def _first_mistake(error: ValidationError) -> tuple[str, str]:
    """Where and what, without the value, which may be secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    return ".".join(map(str, first["loc"])), first["msg"]
