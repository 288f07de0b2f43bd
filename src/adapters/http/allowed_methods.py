"""All the methods that a path takes; the router by itself names only those of one of its routes."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Match

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def allowed_methods(request: Request) -> str:
    app = request.app
    assert isinstance(app, FastAPI)
    return ", ".join(method for method in _METHODS if _takes(app, request, method))


def _takes(app: FastAPI, request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in app.router.routes)
