"""What every test shares."""

import pytest
from hypothesis import settings

from tests.side_by_side import SideBySide

settings.register_profile("patient", deadline=None)  # no test is about how busy the machine is
settings.load_profile("patient")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SideBySide:
    return SideBySide(config, log)
