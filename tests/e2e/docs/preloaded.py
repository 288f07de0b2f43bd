"""Python with the server's modules loaded, forked for each command instead of started anew.

Programs such as `agentcast` and `python` hand it their arguments, environment, folder and standard
streams, and end as the command does; the command is killed with them. To load the modules takes
two seconds of processor time, and the documentation has dozens of commands.
"""

import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from tests.e2e.docs.blocks import REPOSITORY

_MODULES = (
    "adapters.llm.anthropic_client",
    "adapters.llm.genai_price_list",
    "cyclopts.completion",
    "entrypoints.cli.app",
    "entrypoints.cli.exec",
    "entrypoints.cli.in_process",
    "entrypoints.cli.run",
    "entrypoints.cli.submit",
    "entrypoints.server",
)
_CLIENT = """\
#!{python} -IS
import json, os, signal, socket, sys

with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    said = {{"argv": [{name!r}, *sys.argv[1:]], "env": dict(os.environ), "cwd": os.getcwd()}}
    socket.send_fds(server, [json.dumps(said).encode() + b"\\n"], [0, 1, 2])
    answers = server.makefile()
    pid = int(answers.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: os.kill(pid, number))
    sys.exit(int(answers.readline() or 1))
"""


@contextmanager
def preloaded_python(folder: Path) -> Iterator[Path]:
    """Where its clients reach it, until it is left; what it still runs ends with it."""
    address = folder / "python.sock"
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(address)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield address
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def write_client(path: Path, *, address: Path) -> None:
    """The program `agentcast`, or with any other name `python`."""
    code = _CLIENT.format(python=sys.executable, address=str(address), name=path.name)
    path.write_text(code)
    path.chmod(0o755)


def _serve(address: str) -> None:
    for module in _MODULES:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for what is forked
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)  # noqa: T201  # whoever started it reads that
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                os._exit(_carry_out(connection))
            connection.close()


def _carry_out(connection: socket.socket) -> int:
    request, streams, _, _ = socket.recv_fds(connection, 64 * 1024, 3)
    while not request.endswith(b"\n"):
        request += connection.recv(64 * 1024)
    said = json.loads(request)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)  # as for a person
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    os.chdir(said["cwd"])
    os.environ.clear()
    os.environ.update(said["env"])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.sendall(f"{os.getpid()}\n".encode())
    Thread(target=_die_with, args=[connection], daemon=True).start()
    code = _code_of(said["argv"])
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(f"{code}\n".encode())
    return code


def _die_with(client: socket.socket) -> None:
    client.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


def _code_of(argv: Sequence[str]) -> int:
    try:
        return _run(*argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _run(program: str, *arguments: str) -> int:
    """`agentcast …`, `python -m MODULE …` or `python FILE …`."""
    sys.argv = [program, *arguments]
    if program == "agentcast":
        from entrypoints.cli.app import main

        return main()
    if arguments[0] == "-m":
        sys.argv = list(arguments[1:])
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, str(Path(arguments[0]).parent))
        runpy.run_path(arguments[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    _serve(sys.argv[1])
