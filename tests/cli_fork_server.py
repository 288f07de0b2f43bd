"""The command `agentcast`, forked from a process that has loaded its modules.

To load them takes a second of processor time, and the tests start the command some hundred times.
What is forked is a process of its own, which carries out `main` with the arguments, environment,
folder and standard streams that it is given, and can be killed like any other. Where nothing has
been preloaded the command is started as a user would start it. A shell finds it, and `python`, as
programs that `write_client` has put on its PATH.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from pkgutil import walk_packages
from types import TracebackType
from typing import IO, Any, Literal, NamedTuple, Protocol, Self

AGENTCAST = str(Path(sys.executable).parent / "agentcast")
_PROJECT = Path(__file__).parents[1]
_MODULES = (
    "adapters.llm.anthropic_client",
    "adapters.llm.genai_price_list",
    "adapters.llm.openai_client",
    "adapters.store.maintenance",
    "adapters.terminal.pyte_screen",
    "entrypoints.server",
)
"""Besides those of the command line: what a server loads with its first use too."""
_MOST_BYTES = 64 * 1024
_NUMBER = 4  # bytes
_CLIENT = """\
#!{python} -IS
import json, os, signal, socket, sys

answers, its_answers = os.pipe()
request = {{"arguments": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}}
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    message = json.dumps({{**request, "program": {program!r}}}).encode() + b"\\n"
    socket.send_fds(server, [message], [0, 1, 2, its_answers])
os.close(its_answers)
number = lambda: int.from_bytes(os.read(answers, {number}), sys.byteorder, signed=True)
pid = number()
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, lambda signal, frame: os.kill(pid, signal))
sys.exit(number())
"""
_fork_servers: list["ForkServer"] = []


class Started(Protocol):
    """What is used of a process whose output is text."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stdout(self) -> IO[str] | None: ...
    @property
    def stderr(self) -> IO[str] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def communicate(self, input: None = None, timeout: float | None = None) -> tuple[str, str]: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


def start(
    *command: str, cwd: Path, env: Mapping[str, str], stderr: int = subprocess.PIPE
) -> Started:
    """Its standard output is a pipe, and so is its standard error unless it has a descriptor."""
    if command[0] == AGENTCAST and _fork_servers:
        return _fork_servers[-1].fork(*command[1:], cwd=cwd, env=env, stderr=stderr)
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def run(
    *command: str, cwd: Path, env: Mapping[str, str], timeout_s: float
) -> subprocess.CompletedProcess[str]:
    with start(*command, cwd=cwd, env=env) as process:
        out, error = process.communicate(timeout=timeout_s)
        return subprocess.CompletedProcess(command, process.wait(), out, error)


def write_client(path: Path, *, program: Literal["agentcast", "python"]) -> None:
    """A program that is carried out by what has been preloaded, ended by SIGTERM and SIGINT."""
    address = _fork_servers[-1].address
    path.write_text(
        _CLIENT.format(python=sys.executable, address=address, program=program, number=_NUMBER)
    )
    path.chmod(0o755)


@contextmanager
def cli_fork_server() -> Iterator[None]:
    """For as long as it is entered, commands are forked."""
    ours, its = socket.socketpair()
    with ours, tempfile.TemporaryDirectory() as folder:
        address = f"{folder}/preloaded"
        with its, socket.socket(socket.AF_UNIX) as listener:
            listener.bind(address)
            listener.listen()
            passed = [its.fileno(), listener.fileno()]
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, *map(str, passed)],
                cwd=_PROJECT,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        _fork_servers.append(ForkServer(ours, address))
        try:
            yield
        finally:
            _fork_servers.pop()
    # It waits for what it has forked, so that the time that was used is counted.
    process.wait()


class ForkServer:
    def __init__(self, requests: socket.socket, address: str) -> None:
        self._requests = requests
        self.address = address
        self._one_at_a_time = threading.Lock()

    def fork(self, *arguments: str, cwd: Path, env: Mapping[str, str], stderr: int) -> "Forked":
        request = {"arguments": arguments, "cwd": str(cwd), "env": dict(env)}
        answers, its_answers = os.pipe()
        out, its_out = os.pipe()
        error, its_error = os.pipe() if stderr == subprocess.PIPE else (None, os.dup(stderr))
        with self._one_at_a_time:
            message = json.dumps(request).encode() + b"\n"
            socket.send_fds(self._requests, [message], [its_out, its_error, its_answers])
            for descriptor in (its_out, its_error, its_answers):
                os.close(descriptor)
            return Forked(
                open(answers, "rb", buffering=0),
                stdout=open(out, encoding="utf-8"),
                stderr=None if error is None else open(error, encoding="utf-8"),
            )


class Forked:
    """The part of `subprocess.Popen` that is used."""

    def __init__(self, answers: IO[bytes], *, stdout: IO[str], stderr: IO[str] | None) -> None:
        self.stdout: IO[str] | None = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._answers = answers
        self.pid = self._answer()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(timeout=0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            readable, _, _ = select.select([self._answers], [], [], timeout)
            if not readable:
                raise subprocess.TimeoutExpired("agentcast", timeout or 0)
            self.returncode = self._answer()
            self._answers.close()
        return self.returncode

    def communicate(self, input: None = None, timeout: float | None = None) -> tuple[str, str]:
        streams = [stream for stream in (self.stdout, self.stderr) if stream is not None]
        with futures.ThreadPoolExecutor(len(streams)) as readers:
            reads = [readers.submit(stream.read) for stream in streams]
            _, late = futures.wait(reads, timeout)
            if late:
                self.kill()  # which ends the readers
                raise subprocess.TimeoutExpired("agentcast", timeout or 0)
        for stream in streams:
            stream.close()
        self.wait(timeout)
        out, error = [*(each.result() for each in reads), ""][:2]
        return out, error

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def _answer(self) -> int:
        return int.from_bytes(self._answers.read(_NUMBER), sys.byteorder, signed=True)


class _Running(NamedTuple):
    process: ForkProcess
    answers: int

    def end(self) -> None:
        self.process.join()
        self.answer(self.process.exitcode or 0)
        os.close(self.answers)

    def answer(self, number: int) -> None:
        os.write(self.answers, number.to_bytes(_NUMBER, sys.byteorder, signed=True))


def _serve(requests: socket.socket, listener: socket.socket) -> None:
    """Forks for each request, and answers it with the number of the process and its exit code."""
    gc.disable()
    commands = import_module("entrypoints.cli").__path__
    for module in (*_MODULES, *(one.name for one in walk_packages(commands, "entrypoints.cli."))):
        import_module(module)
    gc.freeze()
    running: dict[int, _Running] = {}
    asking = [requests, listener]
    while asking or running:
        for ready in wait([*asking, *running]):
            if isinstance(ready, int):
                running.pop(ready).end()
            elif begun := _accepted(listener) if ready is listener else _forked(requests):
                running[begun.process.sentinel] = begun
            elif ready is requests:
                asking.clear()


def _accepted(listener: socket.socket) -> _Running | None:
    connection, _ = listener.accept()
    with connection:
        return _forked(connection)


def _forked(requests: socket.socket) -> _Running | None:
    request, descriptors, _, _ = socket.recv_fds(requests, _MOST_BYTES, 4)
    if not request:
        return None
    while not request.endswith(b"\n"):
        request += requests.recv(_MOST_BYTES)
    *streams, answers = descriptors
    process = get_context("fork").Process(target=_carry_out, args=(json.loads(request), streams))
    process.start()
    for stream in streams:
        os.close(stream)
    running = _Running(process, answers)
    running.answer(process.pid or 0)
    return running


def _carry_out(request: dict[str, Any], streams: Sequence[int]) -> None:
    """The standard streams, or all but the first."""
    for place, descriptor in zip((2, 1, 0), reversed(streams), strict=False):
        os.dup2(descriptor, place)
        os.close(descriptor)
    # A file object finds out whether it can be sought when it is made.
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    gc.enable()
    if request.get("program") == "python":
        _run_python(*request["arguments"])
        return
    sys.argv = [AGENTCAST, *request["arguments"]]
    from entrypoints.cli.app import main

    sys.exit(main())


def _run_python(*arguments: str) -> None:
    """`-m MODULE …` or `FILE …`; what it prints is seen at once, as by a person."""
    sys.stdout = os.fdopen(1, "w", 1, "utf-8", closefd=False)
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    passed = [socket.socket(fileno=int(number)) for number in sys.argv[1:]]
    with passed[0] as requests, passed[1] as listener:
        _serve(requests, listener)
