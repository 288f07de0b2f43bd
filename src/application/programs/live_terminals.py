"""The terminals and inputs of the tasks that run here, and the last screens of ended ones."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from application.programs.live_screen import LiveScreen
from domain.errors import LeaseLost, StateConflict
from domain.events import AgentEvent
from domain.ids import TaskId
from domain.task_input import (
    EndOfInput,
    KeysInput,
    MessageInput,
    ResizeInput,
    SignalInput,
    SignalName,
    TaskInput,
)
from domain.terminal_keys import keys_text
from domain.tool_events import InputReceived
from ports.process import Command, RunningProcess
from ports.terminal_screen import TerminalScreens

MOST_KEPT = 100
MOST_KEPT_CHARS = 8 * 1024 * 1024
Emit = Callable[[AgentEvent], Awaitable[None]]
_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_BEFORE_ENTER_S = 0.1  # programs take an Enter that comes with a paste as a part of it
_NUMBERS: Mapping[SignalName, int] = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "USR1": 10,
    "USR2": 12,
    "TERM": 15,
    "CONT": 18,
    "TSTP": 20,
    "WINCH": 28,
}


class LiveTerminal:
    """What a running process can be sent: text, keys, signals, another size.

    A process without a terminal has no screen, takes no keys and has no size.
    """

    def __init__(
        self,
        process: RunningProcess,
        *,
        screen: LiveScreen | None,
        takes_input: bool,
        emit: Emit,
    ) -> None:
        self.screen = screen
        self._process = process
        self._takes_input = takes_input
        self._emit = emit
        self._is_closed = False
        self._turn = asyncio.Lock()

    async def feed(self, text: str) -> None:
        """What the process has written. Never raises."""
        if self.screen is not None:
            await self.screen.feed(text)

    async def take(self, given: TaskInput, *, by: str) -> None:
        """Inputs are sent one after another. Raises StateConflict, InvalidInput."""
        async with self._turn:
            self._require_open()
            kind = await self._take(given)
            # Once closed, the final event may be under way, and nothing may follow it.
            if not self._is_closed:
                try:
                    await self._emit(InputReceived(kind=kind, by=by))
                except LeaseLost as error:
                    raise _ended_error() from error

    def close(self) -> None:
        self._is_closed = True

    async def _take(self, given: TaskInput) -> str:
        match given:
            case MessageInput(text=text):
                await self._send_message(text)
                return "message"
            case KeysInput(keys=keys):
                await self._send_keys(keys)
                return "keys"
            case EndOfInput():
                self._require_input()
                await self._process.end_input()
                return "eof"
            case SignalInput(name=name):
                await self._process.send_signal(_NUMBERS[name])
                return "signal"
            case ResizeInput(rows=rows, columns=columns):
                await self._required_screen().resize(rows=rows, columns=columns)
                self._process.resize(rows=rows, columns=columns)
                return "resize"

    async def _send_message(self, text: str) -> None:
        self._require_input()
        if self.screen is None:
            await self._process.write(_bytes(text + "\n"))
        elif (await self.screen.modes()).pastes_in_brackets:
            pasted = text.replace("\x1b", "")  # or it could end the paste from within
            await self._process.write(_bytes(_PASTE_BEGINS + pasted + _PASTE_ENDS))
            await asyncio.sleep(_BEFORE_ENTER_S)
            await self._process.write(b"\r")
        else:
            await self._process.write(_bytes(_typed(text) + "\r"))

    async def _send_keys(self, keys: tuple[str, ...]) -> None:
        self._require_input()
        modes = await self._required_screen().modes()
        sent = [keys_text(key, application_cursor=modes.application_cursor) for key in keys]
        await self._process.write(_bytes("".join(sent)))

    def _require_open(self) -> None:
        if self._is_closed:
            raise _ended_error()

    def _require_input(self) -> None:
        if not self._takes_input:
            raise StateConflict(
                "the input of this task is closed; it stays open for agents with keeps_stdin"
            )

    def _required_screen(self) -> LiveScreen:
        if self.screen is None:
            raise StateConflict("this task has no terminal, it runs with pipes")
        return self.screen


def _typed(text: str) -> str:
    return text.replace("\r\n", "\r").replace("\n", "\r")


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _ended_error() -> StateConflict:
    return StateConflict("the task has ended")


class LiveTerminals:
    """Keeps the latest screens of ended tasks, up to MOST_KEPT and MOST_KEPT_CHARS."""

    def __init__(self, *, screens: TerminalScreens) -> None:
        self._screens = screens
        self._live: dict[TaskId, LiveTerminal] = {}
        self._kept: OrderedDict[TaskId, LiveScreen] = OrderedDict()

    @asynccontextmanager
    async def open(
        self, command: Command, process: RunningProcess, *, takes_input: bool, emit: Emit
    ) -> AsyncIterator[LiveTerminal]:
        """For as long as the process runs; the caller feeds its output to the terminal.

        `takes_input`: its standard input is for people. To be left before the final event: input
        that comes later is refused, as the task has ended.
        """
        terminal = LiveTerminal(
            process,
            screen=self._screen(command),
            takes_input=takes_input,
            emit=emit,
        )
        self._live[command.task_id] = terminal
        try:
            yield terminal
        finally:
            if self._live.get(command.task_id) is terminal:
                del self._live[command.task_id]
            terminal.close()
            if terminal.screen is not None:
                self._keep(command.task_id, terminal.screen)
                await terminal.screen.end()

    def live(self, task_id: TaskId) -> LiveTerminal | None:
        return self._live.get(task_id)

    def screen(self, task_id: TaskId) -> LiveScreen | None:
        """None without a terminal as well."""
        if terminal := self._live.get(task_id):
            return terminal.screen
        return self._kept.get(task_id)

    def _screen(self, command: Command) -> LiveScreen | None:
        if not command.pty:
            return None
        return LiveScreen(self._screens, rows=command.rows, columns=command.columns)

    def _keep(self, task_id: TaskId, screen: LiveScreen) -> None:
        self._kept.pop(task_id, None)
        self._kept[task_id] = screen
        while len(self._kept) > 1 and (len(self._kept) > MOST_KEPT or self._is_too_much()):
            self._kept.popitem(last=False)

    def _is_too_much(self) -> bool:
        return sum(screen.unseen_chars for screen in self._kept.values()) > MOST_KEPT_CHARS
