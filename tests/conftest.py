"""What every test shares."""

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # no test is about how busy the machine is
settings.load_profile("patient")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
