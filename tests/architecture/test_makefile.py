"""What each target installs, and that nothing is installed twice."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.linted_tree import PROJECT
from tests.patience import PATIENCE_S

PYTHON = """\
#!/bin/sh
# Makes environments of itself, and writes down what it is asked to install.
case "$*" in
"-m venv "*) mkdir -p "$3/bin" && for name in python $TOOLS; do cp "$0" "$3/bin/$name"; done ;;
"-m pip install "*) echo "$*" >> installed ;;
*) echo "ran ${0##*/} $*"; [ -z "$PYTHONDONTWRITEBYTECODE" ] || echo "compiled in vain" ;;
esac
"""
TOOLS = "agentcast lint-imports mypy pytest ruff"
SERVING = ".[acp,anthropic,openai,terminal]"
EVERYTHING = ".[all,dev]"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With programs that only write down what they are asked for."""
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def made(checkout: Path, *arguments: str) -> Sequence[str]:
    """What it said, line by line."""
    ended = subprocess.run(
        ["make", "PYTHON=./python", *arguments],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "TOOLS": TOOLS, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


def installed(checkout: Path) -> Sequence[str]:
    """What was installed since this was asked last."""
    log = checkout / "installed"
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return [line.split(" -e ")[1] for line in lines]


def test_run_installs_what_serving_needs_and_nothing_else(checkout: Path) -> None:
    said = made(checkout, "run", "ARGS=--port 0")

    assert installed(checkout) == [SERVING]
    assert [line.split()[0] for line in said] == ["Making", "Installing", "ran"]
    assert said[-1] == "ran agentcast serve --port 0"


def test_a_second_run_only_serves(checkout: Path) -> None:
    made(checkout, "run")
    installed(checkout)

    said = made(checkout, "run")

    assert (installed(checkout), said) == ([], ["ran agentcast serve"])


def test_more_may_be_installed_for_a_run(checkout: Path) -> None:
    made(checkout, "run")
    made(checkout, "run", "EXTRAS=all")
    made(checkout, "run")

    assert installed(checkout) == [SERVING, ".[all]"]


@pytest.mark.parametrize("target", ["test", "check"])
def test_tests_and_checks_install_the_rest(checkout: Path, target: str) -> None:
    made(checkout, "run")
    installed(checkout)

    said = made(checkout, target)
    again = made(checkout, target)

    assert installed(checkout) == [EVERYTHING]
    assert [line.split()[0] for line in said[:2]] == ["Installing", "ran"]
    assert all(line.startswith("ran ") for line in again)


def test_a_run_needs_nothing_where_everything_is_installed(checkout: Path) -> None:
    made(checkout, "test")
    made(checkout, "run")

    assert installed(checkout) == [EVERYTHING]


@pytest.mark.parametrize(("target", "needs"), [("run", SERVING), ("test", EVERYTHING)])
def test_what_the_project_needs_anew_is_installed(checkout: Path, target: str, needs: str) -> None:
    made(checkout, target)
    for note in (checkout / ".venv").glob(".*"):
        os.utime(note, times=(0, 0))

    made(checkout, target)

    assert installed(checkout) == [needs, needs]
