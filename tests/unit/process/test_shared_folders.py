"""What a sandboxed command sees and may write to outside of its workspace."""

from dataclasses import replace
from pathlib import Path

from adapters.process.shared_folders import shared_folders, shown_in_tmp
from domain.ids import TaskId
from ports.process import Command

COMMAND = Command(argv=("agent",), cwd="/", task_id=TaskId("task_1"), pty=False)


def test_a_folder_is_shared_by_its_path_or_by_the_variable_that_names_it(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    wished = (f"{tmp_path}/one", "$AGENT_HOME", "$UNSET", "/no/such/folder")
    command = replace(COMMAND, shared_folders=wished)

    shared = shared_folders(command, {"AGENT_HOME": f"{tmp_path}/two"})

    assert shared == (f"{tmp_path}/one", f"{tmp_path}/two")


def test_programs_that_lie_in_tmp_are_seen_with_all_that_lies_beside_them(tmp_path: Path) -> None:
    program = tmp_path / "node_modules" / "tool" / "main.js"
    program.parent.mkdir(parents=True)
    program.touch()
    top = "/".join(str(tmp_path).split("/")[:3])

    in_path = shown_in_tmp(COMMAND, ["/usr/bin/agent"], {"PATH": f"/usr/bin:{program.parent}"})
    called = shown_in_tmp(COMMAND, [str(program)], {"PATH": "/usr/bin"})
    told = shown_in_tmp(
        replace(COMMAND, shown_paths=("node", "--flag", str(program))),
        ["/usr/bin/node"],
        {"PATH": "/usr/bin"},
    )

    assert in_path == called == told == (top,)


def test_what_does_not_lie_in_tmp_is_seen_anyway() -> None:
    assert shown_in_tmp(COMMAND, ["/usr/bin/agent"], {"PATH": "/usr/bin:/bin:/tmp:tmp"}) == ()
