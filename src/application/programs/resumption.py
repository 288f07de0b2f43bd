"""Tells whether an agent failed because the conversation it was to go on with is gone."""

import re
from collections.abc import Iterable

from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.task_events import Error
from domain.thinking_events import (
    IterationStart,
    Message,
    MessageDelta,
    ThinkComplete,
    ThinkDelta,
    Thinking,
    TokenUsage,
)
from domain.tool_events import ToolCallStart
from ports.runner import Failed, Outcome

_OF_A_MODEL = (
    IterationStart,
    Thinking,
    ThinkDelta,
    ThinkComplete,
    Message,
    MessageDelta,
    ToolCallStart,
    TokenUsage,
)
_BY_ITSELF = frozenset({"exit_code", "agent_error", "model_error"})
_LAST_EXIT_CODE = 128  # above it a shell tells of signals
_MOST_ERRORS = 16
_MOST_CHARS = 4096
_LOGIN = re.compile(
    r"\b(?:auth|unauthori|log ?in\b|logged|api.?key|credential|40[13]\b)", re.IGNORECASE
)
_THREAD = r"\b(?:conversation|session|thread|rollout|chat)"
_LOST = re.compile(
    rf"\b(?:no|not|unknown|invalid|missing)\b.{{0,40}}{_THREAD}"
    rf"|{_THREAD}.{{0,80}}\b(?:not found|unknown|invalid|missing|expired|gone|exist)",
    re.IGNORECASE,
)


class Resumption:
    """Is told what the agent says, and asked when it has ended."""

    def __init__(self) -> None:
        self._errors: list[Error] = []
        self.has_begun = False
        """Whether its model had a part in the run."""

    def take(self, events: Iterable[AgentEvent]) -> None:
        for event in events:
            self.has_begun = self.has_begun or isinstance(event, _OF_A_MODEL)
            if isinstance(event, Error) and len(self._errors) < _MOST_ERRORS:
                self._errors.append(event)

    def has_lost(self, thread: AgentThread, outcome: Outcome) -> bool:
        """Agents say it in words of their own, which change, or only by their exit code.

        So every failure of the agent itself before its model had a part in the run counts, unless
        its words speak of a login, or it told of its model without a word of a conversation.
        """
        if self.has_begun or not isinstance(outcome, Failed) or not is_of_the_agent(outcome):
            return False
        words = self._words(outcome, thread)
        if any(map(_LOGIN.search, words)):
            return False
        return any(map(_LOST.search, words)) or not self._is_of_model(outcome)

    def _words(self, outcome: Failed, thread: AgentThread) -> list[str]:
        told = (outcome.error, *(error.message for error in self._errors))
        return [_without_name(text, thread) for text in told]

    def _is_of_model(self, outcome: Failed) -> bool:
        is_told = any(error.phase == "model" for error in self._errors)
        return outcome.reason == "model_error" or is_told


def is_of_the_agent(outcome: Failed) -> bool:
    """Whether it failed by itself: by no limit, and no signal."""
    return outcome.reason in _BY_ITSELF and (outcome.exit_code or 0) <= _LAST_EXIT_CODE


def speaks_of_loss(words: str, thread: AgentThread) -> bool:
    """Whether that is said of the conversation, and not of a login."""
    said = _without_name(words, thread)
    return _LOST.search(said) is not None and _LOGIN.search(said) is None


def _without_name(text: str, thread: AgentThread) -> str:
    """The name of the conversation may be made of any words."""
    return text[:_MOST_CHARS].replace(thread.id, "")
