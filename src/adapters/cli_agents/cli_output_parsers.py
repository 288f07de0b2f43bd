"""Makes the parser of a known command-line agent, a new one for each run."""

from collections.abc import Callable, Sequence

from adapters.cli_agents import (
    claude_code_parser,
    cline_parser,
    codex_parser,
    gemini_parser,
    openhands_parser,
    pi_parser,
    qwen_parser,
)
from domain.agent_thread import AgentThread
from ports.clock import Clock
from ports.output_parser import OutputParser
from ports.price_list import PriceList

PricesOf = Callable[[str], PriceList | None]
"""By the name of a provider; asked when an agent that needs them is run."""


class CliOutputParsers:
    def __init__(self, clock: Clock, *, prices_of: PricesOf = lambda _: None) -> None:
        self._clock = clock
        self._prices_of = prices_of

    def of(
        self, name: str, *, thread: AgentThread | None = None, model: str | None = None
    ) -> OutputParser | None:
        match name:
            case claude_code_parser.SOURCE:
                prices = self._prices_of("anthropic")
                return claude_code_parser.ClaudeCodeParser(self._clock, prices=prices)
            case codex_parser.SOURCE:
                return codex_parser.CodexParser(self._clock, thread=thread, model=model)
            case gemini_parser.SOURCE:
                prices = self._prices_of("google")
                return gemini_parser.GeminiParser(self._clock, prices=prices)
            case qwen_parser.SOURCE:
                return qwen_parser.QwenParser(self._clock, thread=thread)
            case pi_parser.SOURCE:
                return pi_parser.PiParser(self._clock)
            case cline_parser.SOURCE:
                return cline_parser.ClineParser(self._clock, model=model)
            case openhands_parser.SOURCE:
                return openhands_parser.OpenHandsParser(self._clock)
            case _:
                return None

    @property
    def names(self) -> Sequence[str]:
        return (
            claude_code_parser.SOURCE,
            codex_parser.SOURCE,
            gemini_parser.SOURCE,
            qwen_parser.SOURCE,
            pi_parser.SOURCE,
            cline_parser.SOURCE,
            openhands_parser.SOURCE,
        )
