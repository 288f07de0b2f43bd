"""`agentcast screen` and `agentcast input`: shows the terminal of a task, and types to it."""

import asyncio
import json as json_text
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Protocol

from cyclopts import Group, Parameter
from cyclopts.validators import LimitedChoice
from rich.console import Console
from rich.live import Live
from rich.text import Text

from domain.task_input import SignalName
from domain.terminal_text import plain_text
from entrypoints.cli.client.server_client import Json, ServerClient, path_part, server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import ServerRefused
from entrypoints.cli.interrupts import leaving_on_interrupt
from entrypoints.cli.options import DEFAULT_SERVER, AsJson, Server, TaskId
from entrypoints.cli.output import Output, process_output

_ONE_OF = Group("Input (exactly one)", validator=LimitedChoice(1, 1))


def screen(
    task: TaskId,
    /,
    *,
    follow: Annotated[
        bool,
        Parameter(
            name=("--follow", "-f"),
            negative=(),
            help="Show it as it changes, from its start to its end.",
        ),
    ] = False,
    json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Show the terminal of a task."""
    return asyncio.run(_screen(task, follow=follow, as_json=json, server=server))


def give_input(
    task: TaskId,
    text: Annotated[
        str | None, Parameter(group=_ONE_OF, help="Typed, and Enter after it.")
    ] = None,
    /,
    *,
    key: Annotated[
        tuple[str, ...],
        Parameter(group=_ONE_OF, negative=(), help="Key such as `down`; may be repeated."),
    ] = (),
    eof: Annotated[bool, Parameter(group=_ONE_OF, negative=(), help="End its input.")] = False,
    signal: Annotated[
        SignalName | None, Parameter(group=_ONE_OF, help="Sent to what runs in the foreground.")
    ] = None,
    size: Annotated[
        tuple[int, int] | None,
        Parameter(group=_ONE_OF, negative=(), help="Rows and columns of the terminal."),
    ] = None,
    json: AsJson = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Type to a task, send it a signal, or resize its terminal."""
    body: Json
    if text is not None:
        body = {"kind": "message", "data": text}
    elif key:
        body = {"kind": "keys", "data": key}
    elif signal is not None:
        body = {"kind": "signal", "data": signal}
    elif size is not None:
        body = {"kind": "resize", "data": {"rows": size[0], "columns": size[1]}}
    else:
        body = {"kind": "eof"}
    return asyncio.run(_send_input(task, body, as_json=json, server=server))


async def _send_input(task_id: str, body: Json, *, as_json: bool, server: str) -> int:
    async with server_client(server) as client:
        taken = await client.give_input(task_id, body)
    output = process_output()
    if as_json:
        output.json(taken)
    else:
        output.line(f"{task_id} has the input")
    return ExitCode.COMPLETED


async def _screen(task_id: str, *, follow: bool, as_json: bool, server: str) -> int:
    output = process_output()
    path = f"/tasks/{path_part(task_id)}/screen"
    async with server_client(server) as client:
        if follow:
            return await follow_screen(client, path, output, as_json=as_json)
        view = await client.get(path)
    if as_json:
        output.json(view)
    else:
        output.line(_text(view))
    return ExitCode.COMPLETED


async def follow_screen(client: ServerClient, path: str, output: Output, *, as_json: bool) -> int:
    """Raises ServerUnreachable when the stream breaks off, as it cannot be resumed."""
    notices: list[str] = []
    with _following(output, as_json=as_json) as show:
        code = await leaving_on_interrupt(_follow(client, path, show), notice=notices.append)
    for text in notices:  # after the alternate screen, which would hide them
        output.notice(text)
    return code


class _Show(Protocol):
    def __call__(self, view: Json, /) -> None: ...


async def _follow(client: ServerClient, path: str, show: _Show) -> int:
    while True:
        try:
            async for view in _views(client, path):
                show(view)
            return ExitCode.COMPLETED
        except ServerRefused as error:
            if error.retry_after_s is None:
                raise
            await asyncio.sleep(error.retry_after_s)  # such as for a task that has not started


async def _views(client: ServerClient, path: str) -> AsyncIterator[Json]:
    async for frame in client.frames(path):
        if frame.event == "screen":
            view: object = json_text.loads(frame.data)
            if isinstance(view, dict):
                yield view


@contextmanager
def _following(output: Output, *, as_json: bool) -> Iterator[_Show]:
    if as_json:
        yield output.json
    elif output.is_terminal:
        with _full_screen(output) as show:
            yield show
    else:
        yield lambda view: output.line(f"{_text(view)}\n---")


@contextmanager
def _full_screen(output: Output) -> Iterator[_Show]:
    """Uses the alternate screen; the last view stays on the main screen."""
    last = ""

    def show(view: Json) -> None:
        nonlocal last
        last = _text(view)
        live.update(Text(last, no_wrap=True, overflow="crop"), refresh=True)

    try:
        with Live(
            console=Console(file=output.stdout),
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        ) as live:
            yield show
    finally:
        if last:
            output.line(last)


def _text(view: Json) -> str:
    """A line for each row down to the last with text."""
    lines = view.get("lines")
    rows = [plain_text(str(line)) for line in lines] if isinstance(lines, list) else []
    return "\n".join(rows).rstrip("\n")
