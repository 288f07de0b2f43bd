"""The protocol's terminals: commands that the server runs for an agent."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from adapters.acp.messages import JsonObject, ProtocolError, json_list, json_text
from domain.errors import StartFailed
from ports.process import Command, Exit, ProcessHost, RunningProcess

_MOST = 64
_MOST_BYTES = 1024 * 1024
_SHELLS = frozenset({"sh", "bash", "dash", "zsh"})
_IN_A_FOLDER = ("/bin/sh", "-c", 'cd -- "$0" && exec "$@"')
# Not in the environment of the command: bubblewrap gets that, and it extends the sandbox's view.
_WITH_VARIABLES = ("/usr/bin/env", "--")

Show = Callable[[str, str], Awaitable[None]]


class _OutputTail:
    """The last bytes of the output of a command."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._data = b""
        self.is_cut = False

    def add(self, text: str) -> None:
        self._data += text.encode(errors="replace")
        if len(self._data) > self._most:
            self._data, self.is_cut = self._data[len(self._data) - self._most :], True

    def text(self) -> str:
        return self._data.decode(errors="ignore")  # drops half a character at the cut


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terminal:
    process: RunningProcess
    output: _OutputTail
    ended: asyncio.Future[Exit]
    running: asyncio.Task[None]


class Terminals:
    """Each command runs with the agent's settings in a sandbox of its own, and ends with the turn."""

    def __init__(
        self,
        host: ProcessHost,
        command: Command,
        *,
        show: Show,
        fail: Callable[[Exception], None],
        most: int = _MOST,
    ) -> None:
        """`command` is the agent's; `show` receives terminal ids and output. At most `most` run at
        once, and as many ended ones are kept until they are released.
        """
        self._most = most
        self._host = host
        self._agent = replace(command, stdin="closed", home_files={})
        self._show = show
        self._fail = fail
        self._open: dict[str, _Terminal] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._made = 0

    async def create(self, params: JsonObject) -> JsonObject:
        """Raises ProtocolError if the command cannot be started."""
        if len(self._running) >= self._most:
            raise ProtocolError(f"there are {self._most} terminals already: release some")
        self._forget_ended()
        command = await asyncio.to_thread(self._command, params)
        self._made += 1
        terminal_id = f"terminal-{self._made}"
        tail = _OutputTail(_limit(params))
        loop = asyncio.get_running_loop()
        started: asyncio.Future[RunningProcess] = loop.create_future()
        ended: asyncio.Future[Exit] = loop.create_future()
        running = asyncio.create_task(self._run(terminal_id, command, tail, started, ended))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        try:
            process = await asyncio.shield(started)
        except asyncio.CancelledError:
            started.cancel()
            running.cancel()
            raise
        self._open[terminal_id] = _Terminal(
            process=process, output=tail, ended=ended, running=running
        )
        return {"terminalId": terminal_id}

    def output(self, params: JsonObject) -> JsonObject:
        terminal = self._get(params)
        answer: JsonObject = {
            "output": terminal.output.text(),
            "truncated": terminal.output.is_cut,
        }
        if terminal.ended.done() and not terminal.ended.cancelled():
            answer["exitStatus"] = _status(terminal.ended.result())
        return answer

    async def wait_for_exit(self, params: JsonObject) -> JsonObject:
        """Returns when all its output was read."""
        ended = self._get(params).ended
        await asyncio.wait({ended})
        if ended.cancelled():
            raise ProtocolError("the terminal was released")
        return _status(ended.result())

    async def kill(self, params: JsonObject) -> JsonObject:
        """Output and exit status stay available until it is released."""
        await self._get(params).process.stop(grace_s=0)
        return {}

    async def release(self, params: JsonObject) -> JsonObject:
        terminal = self._get(params)
        del self._open[json_text(params.get("terminalId"))]
        terminal.running.cancel()
        await asyncio.wait({terminal.running})
        return {}

    async def end(self) -> None:
        for running in self._running:
            running.cancel()
        while self._running:
            await asyncio.wait(self._running)

    async def _run(
        self,
        terminal_id: str,
        command: Command,
        tail: _OutputTail,
        started: asyncio.Future[RunningProcess],
        ended: asyncio.Future[Exit],
    ) -> None:
        try:
            async with self._host.start(command) as process:
                started.set_result(process)
                async for output in process.output():
                    tail.add(output.text)
                    await self._show(terminal_id, output.text)
                ended.set_result(await process.wait())
        except StartFailed as error:
            started.set_exception(ProtocolError(f"command: {error}"))
        except Exception as error:  # noqa: BLE001 - boundary: it fails the run
            self._fail(error)
        finally:
            if not started.done():
                started.set_exception(ProtocolError("the command was not started"))
            ended.cancel()

    def _forget_ended(self) -> None:
        """Drop the oldest ended terminals, which hold their output."""
        ended = [name for name, terminal in self._open.items() if terminal.ended.done()]
        for name in ended[: max(0, len(ended) - self._most)]:
            del self._open[name]

    def _command(self, params: JsonObject) -> Command:
        argv = _argv(params)
        root = Path(self._agent.cwd).resolve()
        folder = (root / json_text(params.get("cwd"))).resolve()
        if not folder.is_relative_to(root):
            raise ProtocolError(f"{str(folder)!r} is outside the workspace")
        variables = _variables(params)
        if variables or folder != root:
            argv = (*_IN_A_FOLDER, str(folder), *argv)
        if variables:
            argv = (*_WITH_VARIABLES, *variables, *argv)
        return replace(self._agent, argv=argv)

    def _get(self, params: JsonObject) -> _Terminal:
        terminal_id = json_text(params.get("terminalId"))
        if (terminal := self._open.get(terminal_id)) is None:
            raise ProtocolError(f"there is no terminal {terminal_id!r}")
        return terminal


def command_line(params: JsonObject) -> str:
    """The script of a shell command, else the arguments joined by spaces."""
    command, *words = _words(params)
    match words:
        case ["-c" | "-lc", script] if PurePath(command).name in _SHELLS:
            return script
        case _:
            return " ".join((command, *words))


def _words(params: JsonObject) -> tuple[str, ...]:
    words = (params.get("command"), *json_list(params.get("args")))
    texts = tuple(word for word in words if isinstance(word, str) and "\0" not in word)
    if len(texts) < len(words) or not texts[0]:
        raise ProtocolError("a terminal needs a command, and its arguments as texts")
    return texts


def _argv(params: JsonObject) -> tuple[str, ...]:
    """A command without arguments is a command line for a shell."""
    words = _words(params)
    return words if len(words) > 1 else ("/bin/sh", "-c", *words)


def _variables(params: JsonObject) -> list[str]:
    variables: list[str] = []
    for variable in json_list(params.get("env")):
        match variable:
            case {"name": str(name), "value": str(value)} if name and "=" not in name:
                variables.append(f"{name}={value}")
            case _:
                raise ProtocolError("a variable needs a name and a value")
    if any("\0" in variable for variable in variables):
        raise ProtocolError("a variable may not hold NUL")
    return variables


def _limit(params: JsonObject) -> int:
    limit = params.get("outputByteLimit")
    is_number = isinstance(limit, int) and not isinstance(limit, bool)
    return min(max(limit, 0), _MOST_BYTES) if is_number and isinstance(limit, int) else _MOST_BYTES


def _status(ended: Exit) -> JsonObject:
    names = {each.value: each.name for each in signal.Signals}
    number = ended.signal
    name = None if number is None else names.get(number, str(number))
    return {"exitCode": ended.code, "signal": name}
