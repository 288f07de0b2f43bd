"""The init process of a sandbox, here outside of one."""

import os
import subprocess
from pathlib import Path
from signal import SIGINT, SIGPIPE, SIGXFSZ

import pytest

from adapters.process.sandbox_init import SandboxInit


def ended(init: SandboxInit, *argv: str) -> subprocess.CompletedProcess[str]:
    with init.write_end() as fd:
        return subprocess.run(
            init.argv(argv),
            pass_fds=[fd],
            env={"ONE": "1", "TWO": "=2"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.mark.parametrize(
    ("script", "code", "reported"),
    [("exit 3", 3, 3), ("exit 137", 137, 137), ("kill -9 $$", 137, -9), ("kill $$", 143, -15)],
)
def test_a_signal_is_distinguished_from_the_exit_code_that_looks_like_it(
    script: str, code: int, reported: int
) -> None:
    init = SandboxInit()

    process = ended(init, "/bin/sh", "-c", script)

    report = init.report()
    init.close()
    assert process.returncode == code
    assert report is not None
    assert os.waitstatus_to_exitcode(report.status) == reported
    assert report.peak_bytes > 100_000
    assert init.report() == report


def test_the_command_gets_its_environment_and_no_other_descriptor() -> None:
    init = SandboxInit()

    process = ended(init, "/bin/sh", "-c", "ls /proc/self/fd | wc -l; env | grep -v PWD=")

    init.close()
    count, *variables = process.stdout.split()
    # The fourth is that of the folder itself.
    assert (count, sorted(variables)) == ("4", ["ONE=1", "TWO==2"])


def test_signals_are_as_a_program_expects_them() -> None:
    init = SandboxInit()

    process = ended(init, "/bin/grep", "SigIgn", "/proc/self/status")

    init.close()
    ignored = int(process.stdout.split()[1], 16)
    assert not any(ignored >> number - 1 & 1 for number in (SIGINT, SIGPIPE, SIGXFSZ))


@pytest.mark.parametrize(("program", "code"), [("/missing", 127), ("/etc/passwd", 126)])
def test_a_command_that_cannot_be_started_is_named(program: str, code: int) -> None:
    init = SandboxInit()

    process = ended(init, program)

    assert process.returncode == code
    assert process.stderr.startswith(f"cannot start {program}: ")
    assert init.report() is None
    init.close()


def test_nothing_stays_open_when_it_does_not_start(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    init = SandboxInit()

    with pytest.raises(FileNotFoundError), init.write_end():
        subprocess.run([tmp_path / "missing"], check=False)

    assert len(os.listdir("/proc/self/fd")) == before
    assert init.report() is None
