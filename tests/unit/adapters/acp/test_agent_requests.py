"""What an agent asks of the server is answered only where its profile offers it."""

from pathlib import Path

import pytest
from acp.exceptions import RequestError

from adapters.acp.agent_log import AgentLog
from adapters.acp.agent_pipe import AgentPipe
from adapters.acp.agent_requests import AgentRequests
from adapters.acp.approval_rules import NO_RULES
from adapters.acp.handshake import Handshake
from adapters.acp.messages import JsonObject
from adapters.acp.permissions import Permissions
from adapters.acp.session_updates import SessionUpdates
from adapters.acp.terminals import Terminals
from adapters.acp.workspace_files import WorkspaceFiles
from domain.agent_profile import AcpCapability, AgentProfile
from domain.ids import AgentName, TaskId
from ports.process import Command
from tests.fakes import FakeClock
from tests.process_fakes import FakeProcess, FakeProcessHost, RecordingContext

METHODS = (
    ("fs", "fs/read_text_file"),
    ("fs", "fs/write_text_file"),
    ("terminal", "terminal/create"),
    ("terminal", "terminal/output"),
    ("terminal", "terminal/wait_for_exit"),
    ("terminal", "terminal/kill"),
    ("terminal", "terminal/release"),
)
NO_METHOD, NO_PARAMS = -32601, -32602


def requests_of(folder: Path, *offered: AcpCapability) -> AgentRequests:
    context = RecordingContext(profile=AgentProfile(name=AgentName("a"), kind="acp"))
    updates = SessionUpdates(FakeClock(), model="m")
    pipe = AgentPipe(
        FakeProcess(), updates=updates, log=AgentLog(redactor=context.redactor), emit=context.emit
    )
    command = Command(argv=("agent",), cwd=str(folder), task_id=TaskId("task_1"), pty=False)

    async def show(terminal_id: str, text: str) -> None:
        raise AssertionError("no command runs here")

    return AgentRequests(
        pipe=pipe,
        permissions=Permissions(context, updates=updates, rules=NO_RULES),
        files=WorkspaceFiles(str(folder)),
        terminals=Terminals(FakeProcessHost(), command, show=show, fail=pipe.fail),
        offered=offered,
    )


@pytest.mark.parametrize("capability", ["fs", "terminal"])
async def test_only_capabilities_of_the_profile_are_answered(
    capability: AcpCapability, tmp_path: Path
) -> None:
    requests = requests_of(tmp_path, capability)
    for of, method in (*METHODS, ("none", "terminal/dance"), ("none", "fs/dance")):
        with pytest.raises(RequestError) as refused:
            await requests.answer(method, {}, is_notification=False)

        assert refused.value.code == (NO_PARAMS if of == capability else NO_METHOD), method


@pytest.mark.parametrize(
    ("offered", "files", "terminal"),
    [((), False, False), (("fs",), True, False), (("terminal",), False, True)],
)
async def test_the_handshake_offers_the_capabilities_of_the_profile(
    offered: tuple[AcpCapability, ...], files: bool, terminal: bool
) -> None:
    asked: list[JsonObject] = []

    async def ask(method: str, params: JsonObject) -> object:
        asked.append(params)
        raise RequestError.internal_error()

    profile = AgentProfile(name=AgentName("a"), kind="acp", acp_capabilities=offered)
    context = RecordingContext(profile=profile)
    with pytest.raises(RequestError):
        await Handshake(ask, context=context, cwd="/w").session_id()

    assert asked[0]["clientCapabilities"] == {
        "fs": {"readTextFile": files, "writeTextFile": files},
        "terminal": terminal,
    }
