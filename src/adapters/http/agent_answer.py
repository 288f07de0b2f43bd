"""An agent as JSON: what it is and can do, never its command or its environment."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from adapters.http.links import agent_path
from adapters.http.task_figures import LimitsAnswer, limits_answer
from application.agent_status import AgentStatus
from domain.agent_profile import Network, OnLost, SandboxWish
from domain.limits import Limits


class AgentLinks(TypedDict):
    self: str
    stream: str


class AgentAnswer(TypedDict):
    """A configured profile that can carry out tasks."""

    name: str
    kind: str
    description: NotRequired[str]
    status: Literal["idle", "running"]
    live_tasks: Annotated[
        int,
        Field(description="Your tasks that it carries out now, on any node or command line."),
    ]
    pty: bool
    sandbox: SandboxWish
    network: Network
    on_lost: OnLost
    model: NotRequired[str]
    limits: NotRequired[LimitsAnswer]
    links: AgentLinks


class AgentPage(TypedDict):
    items: list[AgentAnswer]
    next_cursor: NotRequired[str]


def agent_answer(agent: AgentStatus) -> AgentAnswer:
    profile = agent.profile
    path = agent_path(profile.name)
    answer = AgentAnswer(
        name=profile.name,
        kind=profile.kind,
        status=agent.status,
        live_tasks=agent.live_tasks,
        pty=profile.pty,
        sandbox=profile.sandbox,
        network=profile.network,
        on_lost=profile.on_lost,
        links=AgentLinks(self=path, stream=f"{path}/stream"),
    )
    if profile.description:
        answer["description"] = profile.description
    if profile.model is not None:
        answer["model"] = profile.model
    if profile.limits != Limits():
        answer["limits"] = limits_answer(profile.limits)
    return answer
