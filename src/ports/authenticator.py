"""Who is behind a request."""

from collections.abc import Mapping
from typing import Protocol

from domain.principal import Principal


class Authenticator(Protocol):
    async def authenticate(self, proofs: Mapping[str, str]) -> Principal | None:
        """The caller by what its request brings along, such as `authorization` (names in lower
        case, and others among them); None when it is not let in."""
