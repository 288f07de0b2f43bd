"""Makes the parser of a known command-line agent, a new one for each run."""

from collections.abc import Callable, Mapping, Sequence

from adapters.cli_agents import claude_code_parser, codex_parser, gemini_parser
from ports.clock import Clock
from ports.output_parser import OutputParser

_PARSERS: Mapping[str, Callable[[Clock], OutputParser]] = {
    claude_code_parser.SOURCE: claude_code_parser.ClaudeCodeParser,
    codex_parser.SOURCE: codex_parser.CodexParser,
    gemini_parser.SOURCE: gemini_parser.GeminiParser,
}


class CliOutputParsers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def of(self, name: str) -> OutputParser | None:
        parser = _PARSERS.get(name)
        return parser(self._clock) if parser else None

    @property
    def names(self) -> Sequence[str]:
        return tuple(_PARSERS)
