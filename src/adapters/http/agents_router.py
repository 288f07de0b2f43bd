"""Routes that tell of the configured agents."""

from typing import Annotated

from fastapi import APIRouter, Depends

from adapters.http.agent_answer import AgentAnswer, AgentPage, agent_answer
from adapters.http.caller import Caller
from adapters.http.path_ids import path_agent_name
from adapters.http.problem_schema import problems
from application.server_coordinator import ServerCoordinator
from domain.principal import Principal


def agents_router(*, coordinator: ServerCoordinator, caller: Caller) -> APIRouter:
    router = APIRouter(prefix="/agents", tags=["agents"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("", responses=problems())
    async def list_agents(principal: Asker) -> AgentPage:
        agents = await coordinator.agents(principal)
        return AgentPage(items=[agent_answer(agent) for agent in agents])

    @router.get("/{name}", responses=problems())
    async def get_agent(name: str, principal: Asker) -> AgentAnswer:
        return agent_answer(await coordinator.agent(principal, path_agent_name(name)))

    return router
