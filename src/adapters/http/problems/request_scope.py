"""What the middleware knows of a request, kept in its ASGI scope."""

from collections.abc import Iterable, Mapping

from starlette.types import Scope

REQUEST_ID = "agentcast.request_id"
RESPONSE_HEADERS = "agentcast.response_headers"
STATUS = "agentcast.status"


def request_id(scope: Scope) -> str:
    return str(scope.get(REQUEST_ID, "unknown"))


def add_response_headers(scope: Scope, headers: Mapping[str, str]) -> None:
    """Have the response carry these, whoever answers."""
    pairs = ((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items())
    scope[RESPONSE_HEADERS].extend(pairs)


def header_values(scope: Scope, name: str) -> list[str]:
    """Every value of a header, in order; most rules must see that there is only one."""
    raw: Iterable[tuple[bytes, bytes]] = scope["headers"]
    wanted = name.lower().encode()
    return [value.decode("latin-1") for key, value in raw if key == wanted]
