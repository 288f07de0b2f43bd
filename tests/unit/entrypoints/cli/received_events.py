"""Events as the views get them, and an output that a test can read."""

from datetime import UTC, datetime
from io import StringIO

from adapters.wire import JsonEventCodec
from domain.events import AgentEvent, Origin
from domain.ids import AgentName, SessionId, SessionKey, Tag, TaskId
from entrypoints.cli.output import Output
from entrypoints.cli.views.received_event import ReceivedEvent, parsed_event

_AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


def body_of(event: AgentEvent, *, seq: int = 1, task: str = "task_1") -> str:
    origin = Origin(
        session_key=SessionKey(1),
        session_id=SessionId("s1"),
        task_id=TaskId(task),
        agent=AgentName("react"),
        attempt=1,
        lease_id=None,
    )
    encoded = JsonEventCodec().encode(event, origin, at=_AT, tag=Tag("00000001"))
    return encoded.at_seq(seq).body.decode()


def received(event: AgentEvent, *, task: str = "task_1") -> ReceivedEvent:
    return parsed_event(body_of(event, task=task))


class Page(StringIO):
    """A stdout or stderr that keeps what was written."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


class Pages:
    def __init__(self, *, is_terminal: bool = False) -> None:
        self.out = Page(is_terminal=is_terminal)
        self.err = Page(is_terminal=is_terminal)
        self.output = Output(stdout=self.out, stderr=self.err)

    @property
    def items(self) -> tuple[str, str]:
        return self.out.getvalue(), self.err.getvalue()
