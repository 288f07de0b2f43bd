"""Who is behind a request."""

from collections.abc import Mapping
from typing import Protocol

from domain.principal import Principal


class Authenticator(Protocol):
    async def authenticate(self, headers: Mapping[str, str]) -> Principal | None:
        """The caller by the request's headers (names in lower case); None: not let in."""
