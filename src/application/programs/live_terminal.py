"""What a process that runs here can be given: typed text, keys, signals, another size."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from application.programs.live_screen import LiveScreen
from domain.errors import LeaseLost, StateConflict
from domain.events import AgentEvent
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
from ports.process import RunningProcess

Emit = Callable[[AgentEvent], Awaitable[None]]

_PASTE_BEGINS, _PASTE_ENDS = "\x1b[200~", "\x1b[201~"
_BEFORE_ENTER_S = 0.1  # programs take an Enter that comes with a paste for a part of it
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
    """A process without a terminal has no screen, takes no keys and has no size."""

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
        """One after the other. Raises StateConflict, InvalidInput."""
        async with self._turn:
            self._require_open()
            kind = await self._take(given)
            # Once closed, the final event may be on its way, and nothing may follow it.
            if not self._is_closed:
                try:
                    await self._emit(InputReceived(kind=kind, by=by))
                except LeaseLost as error:
                    raise _has_ended() from error

    def close(self) -> None:
        self._is_closed = True

    async def _take(self, given: TaskInput) -> str:
        match given:
            case MessageInput(text=text):
                await self._say(text)
                return "message"
            case KeysInput(keys=keys):
                await self._press(keys)
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

    async def _say(self, text: str) -> None:
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

    async def _press(self, keys: tuple[str, ...]) -> None:
        self._require_input()
        modes = await self._required_screen().modes()
        sent = [keys_text(key, application_cursor=modes.application_cursor) for key in keys]
        await self._process.write(_bytes("".join(sent)))

    def _require_open(self) -> None:
        if self._is_closed:
            raise _has_ended()

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


def _has_ended() -> StateConflict:
    return StateConflict("the task has ended")
