"""Routes that list agents, let operators add and change them, and try extraction rules."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response

from adapters.http.answers.agent import (
    AgentAnswer,
    AgentPage,
    agent_answer,
    agent_answers,
    require_showable,
)
from adapters.http.answers.links import agent_path
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import path_agent_name
from adapters.http.requests.profile import ProfileBody, profile_of
from adapters.http.requests.rules import (
    ExtractionTestAnswer,
    ExtractionTestBody,
    extraction_test_answer,
    rules_of,
)
from application.serving.agents import Agents
from application.serving.rule_trial import RuleTrial
from domain.ids import AgentName
from domain.principal import Principal

_IS_NEW = {"model": AgentAnswer, "description": "There was no agent of this name."}


def agents_router(*, agents: Agents, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/agents", tags=["agents"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("", responses=problems())
    async def list_agents(principal: Asker) -> AgentPage:
        found = await agents.list(principal)
        return AgentPage(items=agent_answers(found, principal))

    @router.get("/{name}", responses=problems())
    async def get_agent(name: str, principal: Asker) -> AgentAnswer:
        return agent_answer(await agents.get(principal, path_agent_name(name)), principal)

    @router.put("/{name}", responses={201: _IS_NEW, **problems(507, has_body=True)})
    async def put_agent(
        name: str, body: Annotated[ProfileBody, Body()], principal: Asker, response: Response
    ) -> AgentAnswer:
        """Add an agent or change it, for operators; tasks that run keep the one they have."""
        chosen = AgentName(name)
        template = agents.template(chosen, body.get("kind"))
        profile = profile_of(chosen, body, template=template)
        require_showable(profile)
        if await agents.put(principal, profile):
            response.status_code = 201
            response.headers["Location"] = agent_path(chosen)
        return agent_answer(await agents.get(principal, chosen), principal)

    @router.delete("/{name}", status_code=204, responses=problems(409))
    async def delete_agent(name: str, principal: Asker) -> None:
        """Remove what was added; an agent that it stood in for is there again."""
        await agents.remove(principal, path_agent_name(name))

    return router


def extraction_router(*, extraction: RuleTrial, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/extraction", tags=["agents"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.post("/test", responses=problems(429, has_body=True))
    async def test_extraction(body: ExtractionTestBody, _: Asker) -> ExtractionTestAnswer:
        """What the rules would find in a text, without running anything."""
        rules = rules_of(body["rules"], field="rules")
        return extraction_test_answer(await extraction.run(rules, body["text"]))

    return router
