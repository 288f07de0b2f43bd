"""How a task reaches a program."""

from dataclasses import replace

import pytest

from application.programs.command_line import TASK_FILE, command_of
from domain.agent_options import check_options
from domain.agent_profile import COMMAND_LINE, AgentProfile, HandOver
from domain.agent_thread import AgentThread
from domain.errors import StartFailed
from domain.ids import AgentName, TaskId
from domain.task import Approval
from ports.process import Command
from tests.process_fakes import process_task

PROFILE = AgentProfile(name=AgentName("x"), kind="command", argv=("x", "-p"), pty=False)
COMMAND = Command(argv=("x", "-p"), cwd="/workspace", task_id=TaskId("task_1"), pty=False)
TEXT = "say {thread} $(id)"


@pytest.mark.parametrize(
    ("argv", "filled"),
    [
        (("x", "-p"), ("x", "-p", TEXT)),
        (("x", "{task}", "-v"), ("x", TEXT, "-v")),
        (("x", "--prompt={task}", "--id={thread}"), ("x", f"--prompt={TEXT}", "--id=")),
    ],
)
def test_the_text_stands_in_its_place_or_comes_last(
    argv: tuple[str, ...], filled: tuple[str, ...]
) -> None:
    assert _command(replace(PROFILE, argv=argv)) == replace(COMMAND, argv=filled)


def test_a_kept_conversation_is_resumed() -> None:
    profile = replace(PROFILE, resume_argv=("x", "resume", "{thread}", "{task}"))

    assert _command(profile).argv == ("x", "-p", TEXT)
    assert _command(profile, thread=AgentThread(id="t-1")).argv == ("x", "resume", "t-1", TEXT)


def test_the_model_stands_in_its_place_or_is_left_out() -> None:
    profile = replace(PROFILE, argv=("x", "--model={model}", "{task}"), resume_argv=("{model}",))

    assert _command(profile).argv == ("x", TEXT)
    assert _command(replace(profile, model="{task}")).argv == ("x", "--model={task}", TEXT)
    resumed = _command(replace(profile, model="m"), thread=AgentThread(id="t-1"))
    assert resumed.argv == ("m", TEXT)


@pytest.mark.parametrize(
    ("asked", "filled"),
    [
        (None, ("x", "--mode", "{task}", TEXT)),
        ("auto", ("x", "--yes", TEXT)),
        ("ask", ("x", TEXT)),
        ("deny", ("x", "--mode", "{task}", TEXT)),
    ],
)
def test_the_flags_for_an_approval_stand_in_its_place_to_the_letter(
    asked: Approval | None, filled: tuple[str, ...]
) -> None:
    profile = replace(
        PROFILE,
        argv=("x", "{approval}", "{task}"),
        resume_argv=("x", "{thread}", "{approval}", "{task}"),
        approval_argv={"auto": ("--yes",), "deny": ("--mode", "{task}")},
        approvals={"default": "deny"},
    )
    task = replace(process_task(TEXT), approval=asked)

    assert command_of(task, profile, workspace="/workspace").argv == filled
    resumed = command_of(task, profile, workspace="/workspace", thread=AgentThread(id="t-1"))
    assert resumed.argv == ("x", "t-1", *filled[1:])


def test_a_command_that_somebody_typed_is_run_to_the_letter() -> None:
    argv = ("awk", "{model}", "{thread}", "{task}", "{approval}")
    typed = AgentProfile(name=COMMAND_LINE, kind="command", argv=argv, hand_over="none")

    check_options(typed)
    assert _command(typed).argv == argv


def test_the_text_can_be_passed_on_the_standard_input() -> None:
    profile = replace(PROFILE, hand_over="stdin", keeps_stdin=True)

    assert _command(profile) == replace(COMMAND, input_text=TEXT, stdin="open")


def test_the_text_can_be_passed_as_the_path_of_a_file() -> None:
    profile = replace(
        PROFILE,
        argv=("x", "--file={task}", "{home}"),
        hand_over="file",
        home_files={".x/settings": "{}"},
    )

    assert _command(profile) == replace(
        COMMAND,
        argv=("x", f"--file={{home}}/{TASK_FILE}", "{home}"),
        home_files={".x/settings": "{}", TASK_FILE: TEXT},
        home_argv=(1,),
    )
    assert _command(replace(profile, argv=("x",))).home_argv == (1,)


@pytest.mark.parametrize(
    "profile",
    [replace(PROFILE, env={"HOME": "/root"}), replace(PROFILE, env_passthrough=("HOME",))],
)
def test_a_file_needs_a_home_of_its_own(profile: AgentProfile) -> None:
    with pytest.raises(StartFailed, match="HOME"):
        _command(replace(profile, hand_over="file"))


def test_a_text_that_a_terminal_would_cut_is_refused() -> None:
    profile = replace(PROFILE, hand_over="stdin", pty=True)
    fits, is_long = (process_task("é" * 2047 + "\n" + "e" * length) for length in (4095, 4096))

    assert command_of(fits, profile, workspace="/").input_text == fits.text
    with pytest.raises(StartFailed, match="pty = false"):
        command_of(is_long, profile, workspace="/")
    assert command_of(is_long, replace(profile, pty=False), workspace="/").input_text


@pytest.mark.parametrize("hand_over", ["stdin", "none", "file"])
def test_the_command_line_of_a_shell_is_never_handed_over_otherwise(hand_over: HandOver) -> None:
    command = _command(replace(PROFILE, kind="shell", argv=(), hand_over=hand_over))

    assert command == replace(COMMAND, argv=("/bin/sh", "-c", TEXT))


def test_the_limits_of_the_profile_bind_the_process() -> None:
    profile = replace(PROFILE, argv=("x", "{task}"), memory_bytes=10, processes=3)

    assert _command(profile) == replace(
        COMMAND, argv=("x", TEXT), memory_bytes=10, max_processes=3
    )


def _command(profile: AgentProfile, *, thread: AgentThread | None = None) -> Command:
    return command_of(process_task(TEXT), profile, workspace="/workspace", thread=thread)


def test_the_sandbox_of_the_profile_is_kept() -> None:
    command = _command(replace(PROFILE, sandbox="require", network="host", sockets=("/run/s",)))

    assert (command.sandbox, command.network, command.sockets) == ("require", "host", ("/run/s",))
