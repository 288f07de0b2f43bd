"""What the parsers of agents that write JSON lines share: reading, drift, tool calls, usage."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from adapters.cli_agents.model_turns import Iterations
from adapters.cli_agents.token_counter import TokenCounter
from adapters.cli_agents.tool_calls import ToolCalls
from adapters.system.foreign_json import foreign_json
from adapters.system.schema_drift import DriftReport, Read, UnknownShape
from domain.agent_thread import AgentThread, thread_name
from domain.events import AgentEvent
from domain.terminal_text import plain_text
from ports.clock import Clock
from ports.price_list import PriceList
from ports.runner import Completed, Outcome

JsonObject = dict[str, object]

_ECHOED_EOF = "^D"  # a pseudo-terminal echoes the end of input before the first line


class JsonLinesParser(ABC):
    """An `OutputParser` whose subclass gives the events of one JSON object."""

    def __init__(self, source: str, clock: Clock, *, prices: PriceList | None = None) -> None:
        self._drift = DriftReport(source)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._tokens = TokenCounter(prices)
        self._outcome: Outcome | None = None
        self._thread: AgentThread | None = None

    @abstractmethod
    def _read(self, message: JsonObject) -> Iterator[Read]:
        """The events of one line, and `UnknownShape` for each part that is not understood."""

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        message = json_object(line)
        return None if message is None else self._drift.events(line, self._read(message))

    def end(self) -> Sequence[AgentEvent]:
        return self._calls.end()

    @property
    def outcome(self) -> Outcome | None:
        return self._outcome

    @property
    def thread(self) -> AgentThread | None:
        return self._thread

    def _completed(self, answer: object) -> Completed:
        return Completed(
            final_answer=answer if isinstance(answer, str) else "",
            total_iterations=self._iterations.count,
        )


def unknown_type(message: JsonObject, *, key: str = "type") -> UnknownShape:
    kind = message.get(key)
    return UnknownShape(f"{key} {kind}" if isinstance(kind, str) else f"no {key}")


def blocks_of(content: Sequence[object]) -> list[JsonObject]:
    """The blocks of a message; one that is no object becomes an empty one, without a type."""
    return [block if isinstance(block, dict) else {} for block in content]


def named_thread(name: object) -> AgentThread | None:
    """None for a name that cannot be put on a command line."""
    valid = thread_name(name)
    return None if valid is None else AgentThread(id=valid)


def json_object(line: str) -> JsonObject | None:
    """None for a line that is no JSON object, or one that is nested too deeply."""
    found = _loaded(line.strip())
    return _loaded(plain_text(line).strip().removeprefix(_ECHOED_EOF)) if found is None else found


def _loaded(text: str) -> JsonObject | None:
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        loaded = foreign_json(text, too_deep=_refuse)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _refuse() -> object:
    raise ValueError("nested too deeply")
