"""Sockets of the machine and files of the server, as root and as an ordinary user."""

import os
import pwd
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.agent_profile import Network
from tests.e2e.cli_process import Cli
from tests.fault.sandbox_fixture import SandboxFixture, sandbox_fixture

pytestmark = pytest.mark.fault

DAEMON = pwd.getpwnam("daemon").pw_uid

REACH = """
import json, os, socket, sys

def broken(what):
    print("BROKEN", what, flush=True)

def tried(*made):
    # Whether anything is reached by a socket of each kind, made so.
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
        for make in made:
            for address in ADDRESSES:
                try:
                    one = make(kind)
                except OSError:
                    continue
                for reach in (lambda: one.connect(address), lambda: one.sendto(b"x", address)):
                    try:
                        reach()
                    except OSError:
                        continue
                    yield address, kind
"""
ALONE = """
alone = lambda kind: socket.socket(socket.AF_UNIX, kind)
paired = lambda kind: socket.socketpair(socket.AF_UNIX, kind)[0]
"""
FAMILIES = """
for family in range(64):
    if family not in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK):
        try:
            socket.socket(family, socket.SOCK_DGRAM)
            broken(f"family {family}")
        except OSError:
            pass
"""
EACH_OTHER = """
import os, socket
one = socket.socket(socket.AF_UNIX)
one.bind("/tmp/own")
one.listen()
two = socket.socket(socket.AF_UNIX)
two.connect("/tmp/own")
two.sendall(b"received")
print(one.accept()[0].recv(100).decode())
"""
WITHOUT = """
import asyncio, multiprocessing, socket
async def echoed():
    process = await asyncio.create_subprocess_exec("echo", "received", stdout=-1)
    return (await process.communicate())[0].decode().strip()
print(asyncio.run(echoed()))
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    print(socket.getaddrinfo("127.0.0.1", 80)[0][4][0])
"""


@dataclass(frozen=True)
class Listening:
    """Sockets of the machine; each path is one of a stream or of datagrams."""

    paths: dict[str, Path]
    abstract: list[str]
    sockets: list[socket.socket]

    def programs(self) -> dict[str, str]:
        addresses = [*map(str, self.paths.values()), *(f"\0{name}" for name in self.abstract)]
        reach = f"ADDRESSES = {addresses!r}\n" + REACH + ALONE
        return {
            "sockets": reach + "for found in tried(alone, paired): broken(found)\n",
            "families": REACH + FAMILIES,
        }

    def reached_program(self) -> str:
        addresses = [*map(str, self.paths.values()), *(f"\0{name}" for name in self.abstract)]
        found = "for address, _ in tried(alone): print(address)\n"
        return f"ADDRESSES = {addresses!r}\n" + REACH + ALONE + found


@pytest.fixture(scope="module", params=["root", "nobody"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[SandboxFixture]:
    with sandbox_fixture(request.param) as sandbox:
        yield sandbox


@pytest.fixture
def listening(sandbox: SandboxFixture) -> Iterator[Listening]:
    """In the open, in the workspace, below /run and /tmp, and without a path."""
    with ExitStack() as stack:
        run, tmp = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
            for place in ("/run", "/tmp")
        )
        for folder in (run, tmp):
            folder.chmod(0o755)
        paths = {
            "stream": sandbox.root / "stream.sock",
            "other": sandbox.root / "other.sock",
            "datagrams": sandbox.root / "datagrams.sock",
            "run": run / "stream.sock",
            "run datagrams": run / "datagrams.sock",
            "tmp": tmp / "stream.sock",
        }
        sockets = [_bound(str(path), "datagrams" in name) for name, path in paths.items()]
        abstract = [f"agentcast-test-{sandbox.root.name}{kind}" for kind in ("", "-datagrams")]
        sockets += [_bound(f"\0{name}", "datagrams" in name) for name in abstract]
        for one in sockets:
            stack.callback(one.close)
        for path in paths.values():
            stack.callback(path.unlink)
            path.chmod(0o777)
        yield Listening(paths, abstract, sockets)


@pytest.mark.parametrize("network", ["none", "host"])
def test_no_socket_of_the_machine_is_reached(
    network: Network, sandbox: SandboxFixture, listening: Listening
) -> None:
    ran = sandbox.run(listening.programs(), network=network)

    assert [one["output"] for one in ran.values()] == ["", ""]
    assert not any(map(_has_received, listening.sockets))


def test_a_socket_that_is_named_is_reached_and_no_other(
    sandbox: SandboxFixture, listening: Listening
) -> None:
    named = [listening.paths["stream"], listening.paths["run datagrams"]]

    ran = sandbox.run({"reach": listening.reached_program()}, sockets=named)

    assert set(ran["reach"]["output"].split()) == {str(path) for path in named}


@pytest.mark.parametrize("place", ["/tmp", "/run"])
@pytest.mark.parametrize("named", ["/tmp", "stream", "run", "tmp"])
def test_no_socket_is_reached_in_a_workspace_within_a_folder_of_sockets(
    named: str, place: str, sandbox: SandboxFixture, listening: Listening
) -> None:
    with _workspace_with_sockets(sandbox, place) as there:
        everything = Listening({**listening.paths, **there.paths}, [], [])
        allowed = listening.paths.get(named, Path(named))

        ran = sandbox.run(
            {"reach": everything.reached_program()},
            workspace=there.paths["workspace"].parent,
            sockets=[allowed],
        )

    assert set(ran["reach"]["output"].split()) == {str(allowed)} - {"/tmp"}


def test_a_socket_that_is_named_is_reached_in_the_workspace(sandbox: SandboxFixture) -> None:
    with _workspace_with_sockets(sandbox, "/tmp") as there:
        named = there.paths["workspace"]

        ran = sandbox.run(
            {"reach": there.reached_program()}, workspace=named.parent, sockets=[named]
        )

    assert ran["reach"]["output"].split() == [str(named)]


def test_a_command_starts_beside_a_socket_that_only_another_user_may_reach(
    sandbox: SandboxFixture,
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as workspace, ExitStack() as stack:
        sandbox.give(Path(workspace))
        paths = {}
        for place in (workspace, "/var/tmp"):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
            paths[place] = folder / "stream.sock"
            stack.callback(_bound(str(paths[place]), has_datagrams=False).close)
            os.chown(folder, DAEMON, DAEMON)
        programs = {"reach": Listening(paths, [], []).reached_program()}

        ran = sandbox.run(programs, workspace=Path(workspace), sockets=[Path("/tmp")])

    assert (ran["reach"]["output"], ran["reach"]["code"]) == ("", 0)


def test_processes_of_a_sandbox_may_have_sockets_for_each_other(
    sandbox: SandboxFixture, listening: Listening
) -> None:
    programs = {"own": EACH_OTHER, "reach": listening.reached_program()}

    ran = sandbox.run(programs, sockets=[Path("/tmp")])

    assert (ran["own"]["output"], ran["reach"]["output"]) == ("received\n", "")


def test_what_needs_no_socket_by_path_works_as_ever(sandbox: SandboxFixture) -> None:
    assert sandbox.run({"it": WITHOUT})["it"]["output"] == "received\n[1, 2]\n127.0.0.1\n"


@pytest.mark.parametrize("config", ["agentcast.toml", "config/own.toml"])
def test_files_of_the_server_are_hidden_with_their_folders(
    config: str, sandbox: SandboxFixture
) -> None:
    server = _server(sandbox, config)

    ran = sandbox.run(
        {"it": f"import os; print(os.listdir({str(server)!r}))"},
        secret_files=[server / ".env", server / config],
    )

    assert ran["it"]["output"] == "[]\n"


def test_in_a_workspace_only_the_servers_files_are_hidden(sandbox: SandboxFixture) -> None:
    server = _server(sandbox, "agentcast.toml")
    program = """
import os
for name in (".env", "agentcast.toml", "code", "deep/../.env"):
    try:
        with open(name) as file:
            print(name, file.read())
    except OSError:
        print(name, "hidden")
for undo in (lambda: os.unlink(".env"), lambda: os.rename("agentcast.toml", "x")):
    try:
        undo()
        print("undone")
    except OSError:
        pass
open("made", "w").write("made")
"""

    ran = sandbox.run(
        {"it": program},
        workspace=server,
        secret_files=[server / ".env", server / "agentcast.toml"],
    )

    assert ran["it"]["output"] == (
        ".env hidden\nagentcast.toml hidden\ncode code\ndeep/../.env hidden\n"
    )
    assert (server / "made").read_text() == "made"


def test_homes_of_other_tasks_are_hidden_wherever_they_are_made(sandbox: SandboxFixture) -> None:
    looking = "import os, tempfile; print(len([one for one in os.listdir('/tmp')]))"

    ran = sandbox.run({"it": looking})

    assert ran["it"]["output"] == "1\n"


def test_a_command_in_the_folder_of_the_settings_does_not_read_them(tmp_path: Path) -> None:
    cli = Cli(folder=tmp_path)
    (cli.folder / ".env").write_text("OPENAI_API_KEY=canary\n")
    (cli.folder / "agentcast.toml").write_text("llm_model = 'canary'\n")
    (cli.folder / "code").write_text("code\n")

    read = cli.run("exec", "--no-pty", "--", "cat", ".env", "agentcast.toml", "code")

    assert read.stdout == "code\n"
    assert "canary" not in read.stderr


def _server(sandbox: SandboxFixture, config: str) -> Path:
    server = sandbox.root / "server"
    for path in (server / "deep", (server / config).parent):
        path.mkdir(parents=True, exist_ok=True)
    for name in (".env", config, "code"):
        (server / name).write_text("code" if name == "code" else "canary")
    for path in (server, *server.rglob("*")):
        sandbox.give(path)
    return server


@contextmanager
def _workspace_with_sockets(sandbox: SandboxFixture, place: str) -> Iterator[Listening]:
    """A stream and datagrams, the one right in it and the other below."""
    with ExitStack() as stack:
        workspace = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place)))
        (workspace / "deep").mkdir()
        for folder in (workspace, workspace / "deep"):
            sandbox.give(folder)
        paths = {
            "workspace": workspace / "stream.sock",
            "deep datagrams": workspace / "deep" / "datagrams.sock",
        }
        sockets = [_bound(str(path), "datagrams" in name) for name, path in paths.items()]
        for one in sockets:
            stack.callback(one.close)
        for path in paths.values():
            path.chmod(0o777)
        yield Listening(paths, [], sockets)


def _bound(address: str, has_datagrams: bool) -> socket.socket:
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if has_datagrams else socket.SOCK_STREAM)
    one.bind(address)
    if not has_datagrams:
        one.listen()
    one.setblocking(False)
    return one


def _has_received(one: socket.socket) -> bool:
    try:
        if one.type == socket.SOCK_DGRAM:
            one.recv(10)
        else:
            one.accept()[0].close()
    except BlockingIOError:
        return False
    return True
