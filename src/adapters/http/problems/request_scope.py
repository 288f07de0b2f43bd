"""What the middleware keeps of a request in its ASGI scope."""

from collections.abc import Iterable, Mapping

from starlette.types import Scope

REQUEST_ID = "agentcast.request_id"
RESPONSE_HEADERS = "agentcast.response_headers"
STATUS = "agentcast.status"


def request_id(scope: Scope) -> str:
    return str(scope.get(REQUEST_ID, "unknown"))


def add_response_headers(scope: Scope, headers: Mapping[str, str]) -> None:
    """Add them to the response, whatever sends it."""
    pairs = ((name.lower().encode(), value.encode("latin-1")) for name, value in headers.items())
    scope[RESPONSE_HEADERS].extend(pairs)


def header_values(scope: Scope, name: str) -> list[str]:
    """All values of a header, in order; most checks require exactly one."""
    raw: Iterable[tuple[bytes, bytes]] = scope["headers"]
    wanted = name.lower().encode()
    return [value.decode("latin-1") for key, value in raw if key == wanted]
