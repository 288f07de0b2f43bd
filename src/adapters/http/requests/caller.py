"""Authenticates the caller of a request."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request

from adapters.http.problems.problem import Problem
from domain.principal import Principal
from ports.authenticator import Authenticator

Caller = Callable[[Request], Awaitable[Principal]]
"""Returns the principal of a request, or raises Problem."""


def caller_by(authenticator: Authenticator) -> Caller:
    async def caller(request: Request) -> Principal:
        return await authenticated(authenticator, request.headers)

    return caller


async def authenticated(authenticator: Authenticator, headers: Mapping[str, str]) -> Principal:
    """Raises Problem for headers without a valid login."""
    principal = await authenticator.authenticate(headers)
    if principal is None:
        raise Problem(
            status=401,
            code="not_authenticated",
            detail="This needs a login: send it as Authorization: Bearer.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return principal
