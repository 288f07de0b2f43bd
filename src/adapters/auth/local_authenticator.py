"""Authenticates every request as the local principal: only this machine can reach the server."""

from collections.abc import Mapping

from domain.principal import LOCAL, Principal


class LocalAuthenticator:
    async def authenticate(self, proofs: Mapping[str, str]) -> Principal | None:
        return LOCAL
