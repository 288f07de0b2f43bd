"""All the methods that a path takes; the router by itself names only those of one of its routes."""

from fastapi import FastAPI
from starlette.routing import Match
from starlette.types import Scope

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def allowed_methods(app: FastAPI, scope: Scope) -> str:
    return ", ".join(method for method in METHODS if _takes(app, scope, method))


def _takes(app: FastAPI, scope: Scope, method: str) -> bool:
    asked = {**scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in app.router.routes)
