"""The collaborators of a command runner besides processes: archive, homes and parsers, all in memory."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from adapters.cli_agents.claude_dialogue import CliDialogues
from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from adapters.terminal.pyte_screens import PyteScreens
from application.programs.command_runner import CommandRunner
from application.programs.live_terminals import LiveTerminals
from application.programs.setup_command import SetupCommand
from application.programs.supervision import Supervision
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.ids import TaskId
from domain.task import Task
from domain.thinking_events import Message
from ports.agent_dialogue import AgentDialogues
from ports.clock import Clock
from ports.homes import Homes
from ports.output_archive import OutputArchive, OutputSource
from ports.output_parser import OutputParser, OutputParsers
from ports.process import ProcessHost
from ports.runner import Outcome
from tests.fakes import FakeClock


class ArchivedText:
    def __init__(self) -> None:
        self.calls: dict[str, str] = {}
        self.apart: set[str] = set()
        self._texts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._texts)

    async def write(
        self, text: str, source: OutputSource | None = None, *, apart: bool = False
    ) -> None:
        if source is not None and source.call_id is not None:
            self.calls[source.call_id] = self.calls.get(source.call_id, "") + text
        if apart and source is not None and source.call_id is not None:
            self.apart.add(source.call_id)
        else:
            self._texts.append(text)


class FakeOutputArchive:
    """Keeps everything, whatever its size, and never grows old."""

    def __init__(self) -> None:
        self.kept: dict[TaskId, ArchivedText] = {}

    @asynccontextmanager
    async def writing(self, task_id: TaskId) -> AsyncIterator[ArchivedText]:
        yield self.kept.setdefault(task_id, ArchivedText())

    async def read(self, task_id: TaskId, *, call_id: str | None = None) -> AsyncGenerator[bytes]:
        if kept := self.kept.get(task_id):
            yield (kept.text if call_id is None else kept.calls.get(call_id, "")).encode()

    async def has_call(self, task_id: TaskId, call_id: str) -> bool:
        return task_id in self.kept and call_id in self.kept[task_id].calls

    async def has_beginning(self, task_id: TaskId, *, call_id: str | None = None) -> bool:
        return True

    async def kept_bytes(self, task_id: TaskId, *, call_id: str | None = None) -> int:
        return sum([len(piece) async for piece in self.read(task_id, call_id=call_id)])

    async def forget(self, tasks: Collection[TaskId]) -> int:
        gone = [self.kept.pop(each) for each in tasks if each in self.kept]
        return sum(len(kept.text.encode()) for kept in gone)

    async def forget_before(self, at: datetime) -> int:
        return 0

    async def size_bytes(self) -> int:
        return sum(len(kept.text.encode()) for kept in self.kept.values())


class FakeHomes:
    def __init__(self) -> None:
        self.set_up: list[tuple[str, ...]] = []

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        return f"/homes/{profile.name}"

    async def is_set_up(self, task: Task, profile: AgentProfile) -> bool:
        return profile.setup_argv in self.set_up

    async def note_set_up(self, task: Task, profile: AgentProfile) -> None:
        self.set_up.append(profile.setup_argv)


class WordParser:
    """Parses lines that begin with `say `, `end ` or `thread `, and no others.

    A parser that has parsed `say` emits a last message at its end.
    """

    def __init__(self, *, outcome: Outcome | None = None) -> None:
        self._outcome = outcome
        self._thread: AgentThread | None = None
        self._has_spoken = False
        self._has_ended = False

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        word, _, rest = line.partition(" ")
        match word:
            case "say":
                self._has_spoken = True
                return [Message(message_id="m", role="assistant", content=rest)]
            case "thread":
                self._thread = AgentThread(id=rest)
                return []
            case "end":
                self._has_ended = True
                return []
            case _:
                return None

    def end(self) -> Sequence[AgentEvent]:
        owed = Message(message_id="last", role="assistant", content="owed")
        return [owed] if self._has_spoken else []

    @property
    def outcome(self) -> Outcome | None:
        return self._outcome if self._has_ended else None

    @property
    def thread(self) -> AgentThread | None:
        return self._thread


class FakeParsers:
    def __init__(self, parsers: Mapping[str, OutputParser] | None = None) -> None:
        self._parsers = parsers or {}

    def of(
        self, name: str, *, thread: AgentThread | None = None, model: str | None = None
    ) -> OutputParser | None:
        return self._parsers.get(name)

    @property
    def names(self) -> Sequence[str]:
        return tuple(self._parsers)


def setup_command(
    host: ProcessHost,
    *,
    homes: Homes | None = None,
    clock: Clock | None = None,
    archive: OutputArchive | None = None,
) -> SetupCommand:
    clock = clock or FakeClock()
    return SetupCommand(
        supervision=_supervision(host, clock, archive), homes=homes or FakeHomes(), clock=clock
    )


def command_runner(
    host: ProcessHost,
    *,
    clock: Clock | None = None,
    archive: OutputArchive | None = None,
    parsers: OutputParsers | Mapping[str, OutputParser] | None = None,
    homes: Homes | None = None,
    dialogues: AgentDialogues | None = None,
) -> CommandRunner:
    clock, homes = clock or FakeClock(), homes or FakeHomes()
    supervision = _supervision(host, clock, archive)
    if parsers is None or isinstance(parsers, Mapping):
        parsers = FakeParsers(parsers)
    return CommandRunner(
        supervision=supervision,
        setup=SetupCommand(supervision=supervision, homes=homes, clock=clock),
        homes=homes,
        parsers=parsers,
        dialogues=dialogues or CliDialogues(),
        matcher=RegexPatternMatcher(),
        clock=clock,
    )


def _supervision(host: ProcessHost, clock: Clock, archive: OutputArchive | None) -> Supervision:
    return Supervision(
        process_host=host,
        archive=archive or FakeOutputArchive(),
        terminals=LiveTerminals(screens=PyteScreens()),
        clock=clock,
    )
