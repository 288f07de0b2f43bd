"""What every authenticator promises; for now there is the one of a server without a login."""

from collections.abc import Mapping

import pytest

from adapters.auth.local_authenticator import LocalAuthenticator
from domain.principal import LOCAL
from ports.authenticator import Authenticator


@pytest.fixture
def authenticator() -> Authenticator:
    return LocalAuthenticator()


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer anything"}])
async def test_without_a_login_everyone_is_the_local_principal(
    authenticator: Authenticator, headers: Mapping[str, str]
) -> None:
    assert await authenticator.authenticate(headers) == LOCAL


def test_the_local_principal_is_bound_by_no_cap_of_its_own() -> None:
    assert LOCAL.is_local
