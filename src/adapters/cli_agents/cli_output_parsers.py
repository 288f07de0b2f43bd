"""Makes the parser of a known command-line agent, a new one for each run."""

from collections.abc import Callable, Mapping, Sequence

from adapters.cli_agents import claude_code_parser, codex_parser, gemini_parser
from domain.agent_thread import AgentThread
from ports.clock import Clock
from ports.output_parser import OutputParser

_PARSERS: Mapping[str, Callable[[Clock, AgentThread | None], OutputParser]] = {
    claude_code_parser.SOURCE: lambda clock, _: claude_code_parser.ClaudeCodeParser(clock),
    codex_parser.SOURCE: lambda clock, thread: codex_parser.CodexParser(clock, thread=thread),
    gemini_parser.SOURCE: lambda clock, _: gemini_parser.GeminiParser(clock),
}


class CliOutputParsers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def of(self, name: str, *, thread: AgentThread | None = None) -> OutputParser | None:
        parser = _PARSERS.get(name)
        return parser(self._clock, thread) if parser else None

    @property
    def names(self) -> Sequence[str]:
        return tuple(_PARSERS)
