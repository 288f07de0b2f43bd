"""The route that tries extraction rules on a text."""

from typing import Annotated

from fastapi import APIRouter, Depends

from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.rules import (
    ExtractionTestAnswer,
    ExtractionTestBody,
    extraction_test_answer,
    rules_of,
)
from application.serving.rule_trial import RuleTrial
from domain.principal import Principal


def extraction_router(*, extraction: RuleTrial, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/extraction", tags=["agents"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.post("/test", responses=problems(429, has_body=True))
    async def test_extraction(body: ExtractionTestBody, _: Asker) -> ExtractionTestAnswer:
        """What the rules would find in a text, without running anything."""
        rules = rules_of(body["rules"], field="rules")
        return extraction_test_answer(await extraction.run(rules, body["text"]))

    return router
