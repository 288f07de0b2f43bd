"""Routes for those who run the server; none of them needs a login."""

from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import APIRouter
from pydantic import with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from adapters.http.problems.problem import Problem, problems
from application.serving.readiness import NotReady

Readiness = Callable[[], Awaitable[NotReady | None]]
"""Why no work should be sent here now; None when it should."""
Metrics = Callable[[], tuple[bytes, str]]
"""The counts as a scraper reads them, and their content type."""
Description = Callable[[], bytes]

_REASONS = {
    "draining": "The server is shutting down.",
    "store_unavailable": "The store is out of reach.",
    "storage_full": "The disk is full: what is stored can be read, and nothing new is taken.",
    "store_lost": "Files of the store were removed or replaced: restart the server.",
    "watchdog_unavailable": "What ends commands when the server is frozen does not start.",
}


@with_config(defer_build=True)
class HealthAnswer(TypedDict):
    status: Literal["ok"]
    version: str


@with_config(defer_build=True)
class ReadyAnswer(TypedDict):
    status: Literal["ready"]


def operations_router(
    *, version: str, readiness: Readiness, metrics: Metrics, description: Description
) -> APIRouter:
    router = APIRouter(tags=["operations"])

    @router.get("/health", responses=problems())
    async def health() -> HealthAnswer:
        """The process is alive."""
        return HealthAnswer(status="ok", version=version)

    @router.get("/ready", responses=problems())
    async def ready() -> ReadyAnswer:
        """Work may be sent here."""
        reason = await readiness()
        if reason is not None:
            raise _not_ready(reason)
        return ReadyAnswer(status="ready")

    @router.get("/metrics", response_class=Response, responses={200: _METRICS, **problems()})
    async def metrics_page() -> Response:
        """Counts in the text format of Prometheus."""
        body, content_type = metrics()
        return Response(body, media_type=content_type)

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return Response(description(), media_type="application/json")

    return router


_METRICS = {"content": {"text/plain": {"schema": {"type": "string"}}}}


def _not_ready(reason: NotReady) -> Problem:
    return Problem(status=503, code=reason, detail=_REASONS[reason], headers={"Retry-After": "2"})
