"""A route that FastAPI describes but does not run, for requests that come by the thousand."""

from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from adapters.http.requests.parameters import require_no_query

Query = TypeVar("Query", bound=BaseModel)


class DirectRoute(APIRoute):
    """For coroutines that take path parameters, the request, one query model, and dependencies
    that are coroutines of the request. Resolving these in FastAPI takes longer than opening a
    stream.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive, send)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        needs = self.dependant
        if not needs.query_params:
            require_no_query(request)
        values: dict[str, object] = dict(request.path_params)
        for one in needs.dependencies:
            assert one.name is not None and one.call is not None
            values[one.name] = await one.call(request)
        for field in needs.query_params:
            values[field.name] = query_of(_model(field.field_info.annotation), request)
        if needs.request_param_name:
            values[needs.request_param_name] = request
        response: Response = await self.endpoint(**values)
        return response


def query_of(model: type[Query], request: Request) -> Query:
    """If a name is given twice, the last value counts. Raises RequestValidationError."""
    try:
        return model.model_validate(dict(request.query_params.items()))
    except ValidationError as error:
        findings = error.errors(include_url=False)
        raise RequestValidationError(
            [{**finding, "loc": ("query", *finding["loc"])} for finding in findings]
        ) from error


def _model(annotation: object) -> type[BaseModel]:
    assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation
