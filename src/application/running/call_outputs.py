"""Archives the whole output of a run's tool calls, in the output of its task."""

from dataclasses import dataclass, field
from hashlib import blake2b

from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from ports.output_archive import ArchiveWriter, OutputSource

CallEvent = ToolCallStart | ToolCallStream | ToolCallComplete
OF_CALLS = (ToolCallStart, ToolCallStream, ToolCallComplete)


class CallOutputs:
    """Takes the events of calls after they were masked and before they are cut.

    The output of a call is what it streams, then its result without what was streamed already.
    """

    def __init__(self, writer: ArchiveWriter, *, apart: bool) -> None:
        """`apart`: keep them out of the task's output, which is a program's own and contains them."""
        self._writer = writer
        self._apart = apart
        self._calls: dict[str, _Call] = {}

    async def take(self, event: CallEvent) -> None:
        """Raises StorageFull."""
        match event:
            case ToolCallStart(call_id=call_id, tool_name=name):
                self._calls[call_id] = call = _Call(OutputSource(name, call_id))
                await self._write(call, "")
            case ToolCallStream(call_id=call_id, stream=stream, chunk=chunk):
                call = self._calls.setdefault(call_id, _Call(OutputSource("tool", call_id)))
                call.add(chunk, is_of_process=stream != "text")
                await self._write(call, chunk)
            case ToolCallComplete(call_id=call_id, tool_name=name, result=result):
                # The call may have been started by an earlier attempt.
                call = self._calls.pop(call_id, _Call(OutputSource(name, call_id)))
                if rest := call.rest(result):
                    await self._write(call, rest)

    def set_whole(self, call_id: str, text: str) -> None:
        """Archive this for the call instead of its result, which is only a part of it."""
        if call := self._calls.get(call_id):
            call.whole = text

    async def _write(self, call: "_Call", text: str) -> None:
        await self._writer.write(text, call.source, apart=self._apart)


@dataclass(slots=True)
class _Call:
    source: OutputSource
    whole: str | None = None
    _chars: int = 0
    _digest: blake2b = field(default_factory=blake2b)
    _ends_line: bool = True
    _is_of_process: bool = False

    def add(self, chunk: str, *, is_of_process: bool) -> None:
        self._chars += len(chunk)
        self._digest.update(_bytes(chunk))
        self._ends_line = chunk.endswith("\n")
        self._is_of_process |= is_of_process

    def rest(self, result: str) -> str:
        """What is not archived yet."""
        if self.whole is None and self._has_streamed_beginning_of(result):
            return result[self._chars :]
        if self.whole is None and self._is_of_process:
            return ""
        rest = result if self.whole is None else self.whole
        return rest if self._ends_line or not rest else f"\n{rest}"

    def _has_streamed_beginning_of(self, result: str) -> bool:
        begins = blake2b(_bytes(result[: self._chars]))
        return len(result) >= self._chars and begins.digest() == self._digest.digest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
