"""Commands that agents of the Agent Client Protocol have the server run for them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from adapters.acp.messages import JsonObject, ProtocolError
from adapters.acp.terminals import Terminals, command_line
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.id_source import SystemIdSource
from domain.approval import ApprovalDecision, ApprovalRequest
from domain.process_events import Log
from domain.task import Approval
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from ports.process import Command
from ports.runner import Completed
from tests.acp_run import ApprovingContext, acp_context, is_alive, run_acp
from tests.patience import PATIENCE_S


@dataclass(kw_only=True)
class Shown:
    texts: dict[str, str] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._grown = anyio.Event()

    async def show(self, terminal_id: str, text: str) -> None:
        self.texts[terminal_id] = self.texts.get(terminal_id, "") + text
        self._grown.set()
        self._grown = anyio.Event()

    async def until(self, text: str) -> None:
        with anyio.fail_after(PATIENCE_S):
            while not any(text in shown for shown in self.texts.values()):
                await self._grown.wait()


@asynccontextmanager
async def terminals_in(folder: Path, *, most: int = 64) -> AsyncIterator[tuple[Terminals, Shown]]:
    agent = Command(
        argv=("agent",),
        cwd=str(folder),
        task_id=SystemIdSource().task_id(),
        pty=False,
        stdin="open",
        env={"OF_AGENT": "1"},
        home_files={".rc": "x"},
        sandbox="none",
    )
    shown = Shown()
    host, fail = LinuxProcessHost(), shown.failures.append
    terminals = Terminals(host, agent, show=shown.show, fail=fail, most=most)
    try:
        with anyio.fail_after(PATIENCE_S):
            yield terminals, shown
    finally:
        await terminals.end()
    assert shown.failures == []


@pytest.mark.parametrize(
    ("wanted", "output", "exit_code"),
    [
        ({"command": "echo one; echo two >&2; exit 3"}, "one\ntwo\n", 3),
        ({"command": "printf", "args": ["%s|", "a b", "$HOME"]}, "a b|$HOME|", 0),
        ({"command": "pwd && ls", "cwd": "{root}/sub"}, "{root}/sub\nin.txt\n", 0),
        ({"command": "echo $OF_AGENT$MINE", "env": [{"name": "MINE", "value": "2"}]}, "12\n", 0),
        ({"command": 'echo "$B"', "env": [{"name": "B", "value": "a 'b'\n"}]}, "a 'b'\n\n", 0),
        (
            {"command": "pwd", "cwd": "sub", "env": [{"name": "-u", "value": ""}]},
            "{root}/sub\n",
            0,
        ),
        ({"command": "cat"}, "", 0),
    ],
)
async def test_a_command_runs_in_its_folder_with_its_variables(
    wanted: JsonObject, output: str, exit_code: int, tmp_path: Path
) -> None:
    root = str(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "in.txt").touch()
    params = json.loads(json.dumps(wanted).replace("{root}", root))
    async with terminals_in(tmp_path) as (terminals, shown):
        made = await terminals.create(params)
        ended = await terminals.wait_for_exit(made)

        assert ended == {"exitCode": exit_code, "signal": None}
        response = terminals.output(made)
        assert response["exitStatus"] == ended
        assert sorted(str(response["output"])) == sorted(output.replace("{root}", root))
        assert shown.texts.get("terminal-1", "") == response["output"]


async def test_only_the_end_of_an_output_is_kept_in_whole_characters(tmp_path: Path) -> None:
    async with terminals_in(tmp_path) as (terminals, shown):
        made = await terminals.create({"command": "printf aéé", "outputByteLimit": 3})
        await terminals.wait_for_exit(made)

        assert terminals.output(made) == {
            "output": "é",
            "truncated": True,
            "exitStatus": {"exitCode": 0, "signal": None},
        }
        assert shown.texts == {"terminal-1": "aéé"}


async def test_a_command_that_is_killed_can_still_be_read(tmp_path: Path) -> None:
    async with terminals_in(tmp_path) as (terminals, shown):
        made = await terminals.create({"command": "echo up; sleep 1000"})
        await shown.until("up")
        assert "exitStatus" not in terminals.output(made)

        await terminals.kill(made)

        assert (await terminals.wait_for_exit(made))["signal"] == "SIGKILL"
        assert terminals.output(made)["output"] == "up\n"


async def test_a_terminal_that_is_released_is_gone_with_its_command(tmp_path: Path) -> None:
    async with terminals_in(tmp_path) as (terminals, shown):
        made = await terminals.create({"command": "echo $$ up; sleep 1000"})
        await shown.until("up")
        await terminals.release(made)

        assert not is_alive(int(shown.texts["terminal-1"].split()[0]))
        for ask in (terminals.wait_for_exit, terminals.kill, terminals.release):
            with pytest.raises(ProtocolError, match="there is no terminal 'terminal-1'"):
                await ask(made)


async def test_commands_end_with_the_turn(tmp_path: Path) -> None:
    async with terminals_in(tmp_path) as (terminals, shown):
        for name in ("one", "two"):
            await terminals.create({"command": f"echo $$ {name}; sleep 1000"})
            await shown.until(name)

        await terminals.end()

        assert not any(is_alive(int(text.split()[0])) for text in shown.texts.values())


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"command": "no-such-program", "args": ["x"]}, "there is no command"),
        ({"command": "ls", "cwd": "/"}, "outside the workspace"),
        ({"command": "ls", "cwd": "../x"}, "outside the workspace"),
        ({"command": ""}, "needs a command"),
        ({}, "needs a command"),
        ({"command": "ls", "args": [1]}, "as texts"),
        ({"command": "ls", "env": [{"name": "A=B", "value": "1"}]}, "a name and a value"),
        ({"command": "ls", "env": [{"name": "A", "value": "\0"}]}, "NUL"),
    ],
)
async def test_a_command_that_cannot_start_is_refused(
    wanted: JsonObject, why: str, tmp_path: Path
) -> None:
    async with terminals_in(tmp_path) as (terminals, _):
        with pytest.raises(ProtocolError, match=why):
            await terminals.create(wanted)


async def test_the_number_of_running_terminals_is_bounded(tmp_path: Path) -> None:
    async with terminals_in(tmp_path, most=3) as (terminals, _):
        made = [await terminals.create({"command": "sleep", "args": ["1000"]}) for _ in range(3)]
        with pytest.raises(ProtocolError, match="release some"):
            await terminals.create({"command": "true"})
        await terminals.release(made[0])
        await terminals.create({"command": "true"})


async def test_ended_terminals_that_are_not_released_are_dropped(
    tmp_path: Path,
) -> None:
    async with terminals_in(tmp_path, most=2) as (terminals, _):
        made = [await terminals.create({"command": "echo 1"})]
        for _ in range(3):
            await terminals.wait_for_exit(made[-1])
            made.append(await terminals.create({"command": "echo 1"}))
        await terminals.wait_for_exit(made[-1])

        with pytest.raises(ProtocolError, match="there is no terminal 'terminal-1'"):
            terminals.output(made[0])
        assert [terminals.output(one)["output"] for one in made[1:]] == ["1\n"] * 3


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ({"command": "make test"}, "make test"),
        ({"command": "make", "args": ["test"]}, "make test"),
        ({"command": "/bin/bash", "args": ["-lc", "make test"]}, "make test"),
        ({"command": "rm", "args": ["-c", "make test"]}, "rm -c make test"),
    ],
)
def test_an_approval_of_a_command_shows_its_command_line(wanted: JsonObject, line: str) -> None:
    assert command_line(wanted) == line


async def test_the_output_of_a_terminal_is_that_of_the_call_that_shows_it(tmp_path: Path) -> None:
    context = acp_context("runs", tmp_path, offered=("terminal",))

    outcome = await run_acp(context, "echo one; echo two; exit 3")

    assert outcome == Completed(final_answer="exit 3: one\ntwo\n", exit_code=0)
    [call] = [e for e in context.events if isinstance(e, ToolCallStart)]
    [ended] = [e for e in context.events if isinstance(e, ToolCallComplete)]
    assert call.arguments["command"] == "echo one; echo two; exit 3"
    assert (ended.call_id, ended.result) == (call.call_id, "one\ntwo\n")
    chunks = [e for e in context.events if isinstance(e, ToolCallStream)]
    assert "".join(e.chunk for e in chunks) == "one\ntwo\n"
    assert {e.call_id for e in chunks} == {call.call_id}


async def test_a_command_ends_with_the_run_that_is_stopped(tmp_path: Path) -> None:
    context = acp_context("runs", tmp_path, offered=("terminal",))
    context.grace_s = 0.0
    run = asyncio.ensure_future(run_acp(context, "echo $$; sleep 1000"))

    def chunks() -> list[str]:
        return [e.chunk for e in context.events if isinstance(e, ToolCallStream)]

    await context.until(lambda: bool(chunks()))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert not is_alive(int(chunks()[0]))


async def test_output_of_a_terminal_without_a_call_is_logged(tmp_path: Path) -> None:
    context = acp_context("runs_unshown", tmp_path, offered=("terminal",))

    await run_acp(context, "echo one")

    assert Log(line="one", line_num=1, stream="stdout") in context.events


async def _no(_: ApprovalRequest) -> ApprovalDecision:
    return ApprovalDecision(decision="denied", by="policy")


async def test_a_command_that_the_rules_deny_is_not_run(tmp_path: Path) -> None:
    context = acp_context("runs", tmp_path, offered=("terminal",), answers=_no)
    _rule(context, "deny")

    outcome = await run_acp(context, "touch done")

    assert outcome == Completed(
        final_answer="refused: terminal/create of 'touch done' was not allowed", exit_code=0
    )
    assert not (tmp_path / "done").exists()


async def test_an_approved_command_is_asked_about_once(tmp_path: Path) -> None:
    context = acp_context("runs", tmp_path, offered=("terminal",))
    _rule(context, "ask")

    outcome = await run_acp(context, "echo done")

    assert outcome == Completed(final_answer="exit 0: done\n", exit_code=0)
    [asked] = context.asked
    assert (asked.tool_name, asked.call_id, asked.mode) == ("terminal/create", "c1", "ask")
    assert asked.arguments == {"command": "echo done"}


def _rule(context: ApprovingContext, mode: Approval) -> None:
    context.profile = replace(context.profile, approvals={"execute": mode})
