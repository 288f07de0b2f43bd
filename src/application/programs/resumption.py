"""Decides whether an agent failed because the conversation that it was to resume is gone."""

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

_OF_MODEL = (
    IterationStart,
    Thinking,
    ThinkDelta,
    ThinkComplete,
    Message,
    MessageDelta,
    ToolCallStart,
    TokenUsage,
)
_AGENT_REASONS = frozenset({"exit_code", "agent_error", "model_error"})
_LAST_EXIT_CODE = 128  # a shell reports signals above it
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
    """Takes the events of a run; to be asked when the run has ended."""

    def __init__(self) -> None:
        self._errors: list[Error] = []
        self.has_begun = False
        """Whether a model took part in the run."""

    def take(self, events: Iterable[AgentEvent]) -> None:
        for event in events:
            self.has_begun = self.has_begun or isinstance(event, _OF_MODEL)
            if isinstance(event, Error) and len(self._errors) < _MOST_ERRORS:
                self._errors.append(event)

    def has_lost(self, thread: AgentThread, outcome: Outcome) -> bool:
        """Agents report it in texts that differ and change, or only by their exit code.

        So every failure of the agent itself before a model took part counts, unless its errors
        mention a login, or are of its model and mention no conversation.
        """
        if self.has_begun or not isinstance(outcome, Failed) or not is_of_agent(outcome):
            return False
        texts = self._texts(outcome, thread)
        if any(map(_LOGIN.search, texts)):
            return False
        return any(map(_LOST.search, texts)) or not self._is_of_model(outcome)

    def _texts(self, outcome: Failed, thread: AgentThread) -> list[str]:
        messages = (outcome.error, *(error.message for error in self._errors))
        return [_without_name(text, thread) for text in messages]

    def _is_of_model(self, outcome: Failed) -> bool:
        is_reported = any(error.phase == "model" for error in self._errors)
        return outcome.reason == "model_error" or is_reported


def is_of_agent(outcome: Failed) -> bool:
    """Whether the agent itself failed: not by a limit, and not by a signal."""
    return outcome.reason in _AGENT_REASONS and (outcome.exit_code or 0) <= _LAST_EXIT_CODE


def reports_lost_thread(error: str, thread: AgentThread) -> bool:
    """Whether an error mentions a missing conversation, and no login."""
    text = _without_name(error, thread)
    return _LOST.search(text) is not None and _LOGIN.search(text) is None


def _without_name(text: str, thread: AgentThread) -> str:
    """The name of the conversation may contain any of the texts that are searched for."""
    return text[:_MOST_CHARS].replace(thread.id, "")
