"""Whether programs are found where tasks would find them."""

from pathlib import Path

import pytest

from adapters.system.path_program_finder import PathProgramFinder
from application.serving.agents import missing_program
from domain.agent_profile import AgentProfile
from domain.ids import AgentName


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    (tmp_path / "text").write_text("no program")
    return path


def test_a_program_is_looked_for_in_the_path_that_its_tasks_have(program: Path) -> None:
    folder = str(program.parent)
    here, elsewhere = PathProgramFinder({"PATH": folder}), PathProgramFinder({"PATH": "/nowhere"})

    assert (here.has("tool", env={}), elsewhere.has("tool", env={})) == (True, False)
    assert elsewhere.has("tool", env={"PATH": folder})
    assert not here.has("text", env={})


def test_a_whole_path_is_looked_at_and_one_in_the_workspace_cannot_be(program: Path) -> None:
    finder = PathProgramFinder({})

    assert finder.has(str(program), env={})
    assert not finder.has(f"{program}x", env={})
    assert finder.has("./made-by-the-build", env={})


def test_an_agent_without_a_command_lacks_nothing() -> None:
    finder = PathProgramFinder({"PATH": "/nowhere"})
    react = AgentProfile(name=AgentName("react"), kind="react")
    codex = AgentProfile(name=AgentName("codex"), kind="codex", argv=("codex", "exec"))

    assert (missing_program(react, finder), missing_program(codex, finder)) == (None, "codex")
