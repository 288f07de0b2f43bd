"""A real HTTP server on the loopback that acts as the models of command-line agents.

By hand: `python -m tests.agent_model_server 9000` has each task write hello.txt, then answers;
`python -m tests.agent_model_server 9000 401` refuses every request so, `hang` never answers one.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.loopback_server import loopback_server
from tests.model_replies import Answer, AskedCall, HttpFault, Reply, Stall
from tests.model_wires.chat import Chat
from tests.model_wires.generate_content import GenerateContent
from tests.model_wires.messages import Messages
from tests.model_wires.responses import Responses
from tests.model_wires.wire import Body, Wire

WIRES: Sequence[Wire] = (Responses(), Messages(), GenerateContent(), Chat())
COMMAND = "printf 'hello\\n' > hello.txt && cat hello.txt"
_SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
FINAL = "The file hello.txt is written."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    body: Body
    wire: Wire


Choose = Callable[[Asked], Reply]


@dataclass(slots=True)
class AgentModelServer:
    base_url: str = ""
    """Without a path: each agent adds its own."""
    asked: list[Asked] = field(default_factory=list)
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    """An agent waits for an answer that will never come."""
    others: list[str] = field(default_factory=list)
    """Requests for something other than an answer of a model."""


@asynccontextmanager
async def agent_model_server(choose: Choose, *, port: int = 0) -> AsyncIterator[AgentModelServer]:
    state = AgentModelServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await _serve_one(reader, writer, state, choose)

    async with loopback_server(serve, port=port) as state.base_url:
        yield state


def writes_hello(asked: Asked) -> Reply:
    """First a shell call that writes a file, then the final answer; any side question gets one."""
    call = shell_call(asked, COMMAND)
    if call is None or asked.wire.has_tool_results(asked.body):
        return Answer(text=(FINAL[:8], FINAL[8:]), calls=tuple(_submission(asked)))
    return Answer(text=("Let me ", "write it."), calls=(call,))


def _submission(asked: Asked) -> Iterator[AskedCall]:
    """mini-SWE-agent wants its task to be ended by a command."""
    if _SUBMIT in json.dumps(asked.body):
        call = shell_call(asked, f"echo {_SUBMIT}; echo '{FINAL}'")
        assert call
        yield call


def shell_call(asked: Asked, command: str) -> AskedCall | None:
    """In the words of the agent that asks; None if it offers no shell."""
    for name in asked.wire.tools(asked.body):
        match name:
            case "Bash" | "bash" | "run_shell_command" | "shell_command":
                return _call(name, {"command": command})
            case "exec_command":
                return _call(name, {"cmd": command})
            case "terminal":
                return _call(name, {"command": command, "security_risk": "LOW"})
            case "run_commands":
                return _call(name, {"commands": [command]})
            case "shell":
                return _call(name, {"command": ["sh", "-c", command]})
            case _:
                continue
    return None


def _call(name: str, arguments: Body) -> AskedCall:
    return AskedCall(tool_name=name, arguments=json.dumps(arguments))


async def _serve_one(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    state: AgentModelServer,
    choose: Choose,
) -> None:
    method, path, headers = await _head(reader)
    data = await reader.readexactly(int(headers.get("content-length", "0")))
    wire = next((wire for wire in WIRES if wire.speaks(path)), None)
    if wire is None or method != "POST":
        state.others.append(f"{method} {path}")
        writer.write(b"HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n")
    else:
        asked = Asked(path=path, headers=headers, body=json.loads(data), wire=wire)
        state.asked.append(asked)
        await _send(reader, writer, state, asked, choose(asked))
    await writer.drain()


async def _head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = request_line.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return method, target.partition("?")[0], headers


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    state: AgentModelServer,
    asked: Asked,
    reply: Reply,
) -> None:
    match reply:
        case HttpFault():
            _send_json(writer, reply.status, asked.wire.fault(reply.status, reply.message))
        case Stall():
            state.stalled.set()
            await reader.read()
            raise ConnectionResetError
        case Answer() if asked.wire.is_streamed(asked.path, asked.body):
            _send_stream(writer, asked.wire.events(reply))
        case Answer():
            _send_json(writer, 200, asked.wire.whole(reply))
        case _:
            raise AssertionError(f"not played to agents: {reply}")


def _send_json(writer: asyncio.StreamWriter, status: int, body: Body) -> None:
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json"
    writer.write(f"{head}\r\ncontent-length: {len(data)}\r\n\r\n".encode() + data)


def _send_stream(writer: asyncio.StreamWriter, events: Iterable[str]) -> None:
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked"
    writer.write(f"{head}\r\n\r\n".encode())
    for event in events:
        data = event.encode()
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))
    writer.write(b"0\r\n\r\n")


def _by_behaviour(behaviour: str) -> Choose:
    if behaviour == "hang":
        return lambda _: Stall()
    if behaviour.isdigit():
        return lambda _: HttpFault(status=int(behaviour), message=f"the model says {behaviour}")
    return writes_hello


async def _by_hand(port: int, behaviour: str) -> None:
    async with agent_model_server(_by_behaviour(behaviour), port=port) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    said_port, said_mood = (*sys.argv[1:], *("0", "")[len(sys.argv) - 1 :])
    with suppress(KeyboardInterrupt):
        asyncio.run(_by_hand(int(said_port), said_mood))
