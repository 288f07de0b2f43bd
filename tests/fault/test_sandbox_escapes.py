"""Ways out of the sandbox, each really tried: as root and as an ordinary user."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fault.sandbox_attacks import ATTACKS, PRELUDE
from tests.fault.sandbox_driver import Ran
from tests.fault.sandbox_fixture import SandboxFixture, sandbox_fixture

pytestmark = pytest.mark.fault

SETTINGS = ("kernel/core_pattern", "kernel/modprobe", "kernel/hostname", "vm/overcommit_memory")


@dataclass(frozen=True)
class Tried:
    ran: dict[str, Ran]
    before: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="module", params=["root", "nobody"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxFixture]:
    with sandbox_fixture(request.param) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def tried(sandbox: SandboxFixture) -> Tried:
    """All of them, by one server."""
    before = _machine()
    ran = sandbox.run({name: PRELUDE + attack for name, attack in ATTACKS.items()})
    return Tried(ran, before, _machine())


@pytest.mark.parametrize("attack", ATTACKS)
def test_there_is_no_way_out(attack: str, tried: Tried) -> None:
    assert tried.ran[attack] == {"output": "", "code": 0, "sandbox": "bubblewrap"}


def test_nothing_on_the_machine_has_changed(sandbox: SandboxFixture, tried: Tried) -> None:
    assert tried.after == tried.before
    assert sandbox.outside.read_text() == "as it was"
    assert [path.read_text() for path in sandbox.hidden] == ["canary"] * len(sandbox.hidden)


def _machine() -> dict[str, str]:
    """What an attack would change of it; other tests may mount things of their own meanwhile."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    root = next(line for line in mounts if line.split()[4] == "/")
    settings = [path for name in SETTINGS if (path := Path("/proc/sys", name)).exists()]
    return {"/": root, **{str(path): path.read_text() for path in settings}}
