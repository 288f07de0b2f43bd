"""A real HTTP server on the loopback that answers as a model from a script.

It speaks OpenAI's Chat Completions, or what it is given instead.

By hand: `python -m tests.model_server 9000` makes one tool call per task, then answers.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.loopback_server import loopback_server
from tests.model_replies import (
    Answer,
    AskedCall,
    Cut,
    HttpFault,
    Malformed,
    Reply,
    Stall,
    WrongType,
)

Body = dict[str, object]
Choose = Callable[[Body], Reply]
Speak = Callable[[Answer], Iterator[str]]

_EVENT_STREAM = "text/event-stream"


@dataclass(slots=True)
class ModelServer:
    base_url: str = ""
    requests: list[Body] = field(default_factory=list)
    """The bodies of the calls, in the order they came."""
    headers: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    """How many were ever made."""
    abandoned: asyncio.Event = field(default_factory=asyncio.Event)
    """A client has gone away from a stalled answer."""

    @property
    def root_url(self) -> str:
        return self.base_url.removesuffix("/v1")


@asynccontextmanager
async def model_server(
    replies: Sequence[Reply] | Choose, *, port: int = 0, speak: Speak | None = None
) -> AsyncIterator[ModelServer]:
    """One reply per request in turn, the last one for ever; or what a function chooses."""
    state = ModelServer()
    choose = replies if callable(replies) else _in_turn(replies)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections += 1
        await _serve(reader, writer, state, choose, speak or chat_events)

    async with loopback_server(serve, port=port) as url:
        state.base_url = f"{url}/v1"
        yield state


def _in_turn(replies: Sequence[Reply]) -> Choose:
    left = iter(replies[:-1])
    return lambda _: next(left, replies[-1])


async def _serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    state: ModelServer,
    choose: Choose,
    speak: Speak,
) -> None:
    while True:
        headers = await _head(reader)
        body: Body = json.loads(await reader.readexactly(int(headers["content-length"])))
        state.headers.append(headers)
        state.requests.append(body)
        if not await _send(reader, writer, state, choose(body), speak):
            return


async def _head(reader: asyncio.StreamReader) -> dict[str, str]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    request_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return {name.lower(): value for name, value in pairs} | {":": request_line}


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    state: ModelServer,
    reply: Reply,
    speak: Speak,
) -> bool:
    """Whether the connection can be used again."""
    match reply:
        case HttpFault():
            _send_fault(writer, reply)
        case WrongType():
            _send_whole(writer, 200, reply.body, content_type=reply.content_type)
        case Malformed():
            _send_chunks(writer, [reply.stream])
            _end_chunks(writer)
        case Answer():
            _send_chunks(writer, speak(reply))
            _end_chunks(writer)
        case Cut():
            _send_chunks(writer, speak(Answer(text=reply.text, is_whole=False)))
            await _cut(writer, reply)
        case Stall():
            _send_chunks(writer, speak(Answer(text=reply.text, is_whole=False)))
            with suppress(ConnectionError):  # what was sent may not all have been read
                await reader.read()
            state.abandoned.set()
            return False
    await writer.drain()
    return not isinstance(reply, Cut)


async def _cut(writer: asyncio.StreamWriter, reply: Cut) -> None:
    if reply.is_clean:
        _end_chunks(writer)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def _send_fault(writer: asyncio.StreamWriter, fault: HttpFault) -> None:
    error = json.dumps({"error": {"message": fault.message, "type": "test", "code": fault.code}})
    more = f"retry-after: {fault.retry_after}\r\n" if fault.retry_after is not None else ""
    _send_whole(writer, fault.status, error, content_type="application/json", more=more)


def _send_whole(
    writer: asyncio.StreamWriter, status: int, body: str, *, content_type: str, more: str = ""
) -> None:
    data = body.encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\n{more}"
    writer.write(f"{head}content-length: {len(data)}\r\n\r\n".encode() + data)


def _send_chunks(writer: asyncio.StreamWriter, events: Iterator[str] | Sequence[str]) -> None:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {_EVENT_STREAM}\r\ntransfer-encoding: chunked"
    writer.write(f"{head}\r\n\r\n".encode())
    for event in events:
        data = event.encode()
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))


def _end_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(b"0\r\n\r\n")


def chat_events(answer: Answer) -> Iterator[str]:
    yield from map(_reasoning_event, answer.reasoning)
    yield from map(_text_event, answer.text)
    if not answer.is_whole:
        return
    for index, call in enumerate(answer.calls):
        yield from _call_events(index, call)
    fitting = "tool_calls" if answer.calls else "stop"
    yield _event({}, finish_reason=answer.finish_reason or fitting)
    if answer.usage is not None:
        yield _line({"choices": [], "usage": answer.usage})
    yield "data: [DONE]\n\n"


def _call_events(index: int, call: AskedCall) -> Iterator[str]:
    middle = len(call.arguments) // 2
    named: Body = {"name": call.tool_name, "arguments": call.arguments[:middle]}
    first: Body = {"index": index, "type": "function", "function": named}
    if call.call_id is not None:
        first["id"] = call.call_id
    yield _event({"tool_calls": [first]})
    rest = {"index": index, "function": {"arguments": call.arguments[middle:]}}
    yield _event({"tool_calls": [rest]})


def _reasoning_event(text: str) -> str:
    return _event({"reasoning_content": text})


def _text_event(text: str) -> str:
    return _event({"content": text})


def _event(delta: Body, *, finish_reason: str | None = None) -> str:
    return _line({"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})


def _line(part: Body) -> str:
    chunk = {"id": "chat-1", "object": "chat.completion.chunk", "created": 0, "model": "loopback"}
    return f"data: {json.dumps(chunk | part)}\n\n"


def one_tool_call_then_an_answer(body: Body) -> Reply:
    messages = body["messages"]
    assert isinstance(messages, list)
    usage: Body = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    if messages[-1]["role"] == "tool":
        return Answer(text=("The tool ", "returned: ", messages[-1]["content"]), usage=usage)
    listing = AskedCall(tool_name="list_directory", arguments='{"path": "."}', call_id="call-a")
    return Answer(text=("Let me ", "look."), calls=(listing,), usage=usage)


async def _by_hand(port: int) -> None:
    async with model_server(one_tool_call_then_an_answer, port=port) as server:
        sys.stdout.write(f"OPENAI_BASE_URL={server.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_by_hand(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
