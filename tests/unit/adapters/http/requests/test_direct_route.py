"""A route that is run past FastAPI answers as if FastAPI had run it."""

from typing import Annotated

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.http.app import error_handlers
from adapters.http.problems.problem import Problem
from adapters.http.requests.direct_route import DirectRoute
from adapters.http.requests.stream_query import StreamQuery


async def caller(request: Request) -> str:
    name = request.headers.get("x-name", "")
    if not name:
        raise Problem(status=401, code="not_authenticated", detail="Who is it?")
    return name


def router_of(route_class: type[APIRoute]) -> APIRouter:
    router = APIRouter(route_class=route_class)

    @router.get("/of/{name}", response_class=Response)
    async def asked(
        name: str,
        request: Request,
        query: Annotated[StreamQuery, Query()],
        principal: Annotated[str, Depends(caller)],
    ) -> Response:
        given = query.model_dump(mode="json")
        return JSONResponse([name, request.method, principal, given])

    return router


def client() -> httpx2.AsyncClient:
    app = FastAPI(exception_handlers=error_handlers())
    app.include_router(router_of(APIRoute), prefix="/usual")
    app.include_router(router_of(DirectRoute), prefix="/direct")
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://server")


def answer(response: httpx2.Response) -> tuple[int, object]:
    return response.status_code, response.json()


@pytest.mark.parametrize(
    "asked",
    [
        "/of/a%20b",
        "/of/x?after=1-2&types=log,task_*&deltas=0",
        "/of/x?since=2026-11-21T10:00:00Z",
        "/of/x?after=first&after=last",
        "/of/x?after=",
        "/of/x?deltas=7&compress=yes",
        "/of/x?since=yesterday",
        "/of/x?replay=some&unknown=1&unknown=2",
    ],
)
async def test_a_direct_route_reads_a_query_as_fastapi_does(asked: str) -> None:
    async with client() as http:
        usual = await http.get(f"/usual{asked}", headers={"X-Name": "me"})
        direct = await http.get(f"/direct{asked}", headers={"X-Name": "me"})

    assert answer(direct) == answer(usual)


@pytest.mark.parametrize(("method", "asked"), [("GET", "/of/x?deltas=7"), ("POST", "/of/x")])
async def test_a_direct_route_refuses_as_fastapi_does(method: str, asked: str) -> None:
    async with client() as http:
        usual = await http.request(method, f"/usual{asked}")
        direct = await http.request(method, f"/direct{asked}")

    assert answer(direct) == answer(usual)
    assert direct.headers["content-type"] == "application/problem+json"
