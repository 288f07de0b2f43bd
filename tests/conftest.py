"""What every test shares."""

import gc
import random
from collections.abc import Generator

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

settings.register_profile("patient", deadline=None)  # no test is about how busy the machine is
settings.load_profile("patient")


_WITH_SERVERS = "tests/e2e/"


class ParallelE2EFiles(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """The others start commands with the same few markers, and kill all processes with one."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(_WITH_SERVERS) else "the others"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """For a test of its own chances: of this run, or as it was given."""
    return int(request.config.getoption("hypothesis_seed") or 0)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The suites that are asked for by their marks try something new each time."""
    is_gate = "not load" in config.getoption("markexpr")
    if not is_gate and config.getoption("hypothesis_seed") is None:
        config.option.hypothesis_seed = str(random.SystemRandom().getrandbits(32))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded here stays, so that nothing of it need ever be looked through for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Also where there is no header."""
    seed = session.config.getoption("hypothesis_seed")
    if seed is not None and not hasattr(session.config, "workerinput"):
        writer = session.config.get_terminal_writer()
        writer.line(f"the same examples again: --hypothesis-seed={seed}")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ParallelE2EFiles:
    return ParallelE2EFiles(config, log)
