"""A short description of a task: its own first words, or the answer of a short model call."""

import asyncio
import re
from collections.abc import AsyncGenerator

from application.react.prompt import ANALYSIS_PROMPT
from domain.errors import ModelError
from domain.json_values import without_surrogates
from domain.task_events import Error, TaskAnalysis
from ports.language_model import (
    LanguageModel,
    ModelRequest,
    ModelUsage,
    SystemMessage,
    TextDelta,
    UserMessage,
)
from ports.runner import Failed, RunContext

_MAX_WORDS = 6
_MAX_NAME_CHARS = 60
_MAX_GOAL_CHARS = 500
_MAX_TASK_CHARS = 8000  # the beginning is enough to name it
_MAX_ANSWER_CHARS = 4000
_PATIENCE_S = 30.0
_UNREADABLE = "the model's answer does not say what the task is about"
_ACTION = re.compile(r"^\W*action\W*:\W*(\w.*)$", re.IGNORECASE | re.MULTILINE)
_GOAL = re.compile(r"^\W*goal\W*:\W*(\w.*)$", re.IGNORECASE | re.MULTILINE)


def derived_analysis(text: str) -> TaskAnalysis:
    """Named by the first words of the task."""
    words = text.split(maxsplit=_MAX_WORDS)
    name = " ".join(words[:_MAX_WORDS])
    is_cut = len(words) > _MAX_WORDS or len(name) > _MAX_NAME_CHARS
    return TaskAnalysis(action_name=name[:_MAX_NAME_CHARS] + "…" * is_cut, goal=text, derived=True)


class Analysis:
    """One model call that counts towards the limits; the task goes on if it fails."""

    def __init__(self, model: LanguageModel, *, patience_s: float = _PATIENCE_S) -> None:
        self._model = model
        self._patience_s = patience_s

    async def emit(self, text: str, context: RunContext) -> Failed | None:
        """Emit a TaskAnalysis. Returns the failure of the task if the call passed a limit."""
        if not context.profile.analysis:
            await context.emit(derived_analysis(text))
            return None
        answer: list[str] = []
        used: list[ModelUsage] = []
        why: str | None = None
        try:
            async with asyncio.timeout(self._patience_s):
                await self._ask(text, context.profile.model, answer, used)
        except (ModelError, TimeoutError) as error:
            why = str(error) or f"the model took longer than {self._patience_s:g} s"
        analysis = _read("".join(answer)) if why is None else None
        if why is None and analysis is None:
            why = _UNREADABLE
        if why is not None:
            await context.emit(Error(message=why, phase="analysis", recoverable=True))
        await context.emit(analysis or derived_analysis(text))
        for usage in used:
            await context.emit(context.ledger.usage_event(usage.model, usage.usage))
        passed = context.ledger.passed
        return None if passed is None else Failed.by_limit(passed)

    async def _ask(
        self, text: str, model: str | None, answer: list[str], used: list[ModelUsage]
    ) -> None:
        request = ModelRequest(
            messages=(
                SystemMessage(content=ANALYSIS_PROMPT),
                UserMessage(content=f"The task:\n{text[:_MAX_TASK_CHARS]}"),
            ),
            tools=(),
            model=model,
        )
        parts = self._model.stream(request)
        room = _MAX_ANSWER_CHARS
        try:
            async for part in parts:
                if isinstance(part, TextDelta):
                    answer.append(without_surrogates(part.text[:room]))
                    room -= len(answer[-1])
                elif isinstance(part, ModelUsage):
                    used.append(part)
        finally:
            if isinstance(parts, AsyncGenerator):
                await parts.aclose()


def _read(answer: str) -> TaskAnalysis | None:
    """None for an answer that is not in the requested form."""
    action, goal = _ACTION.search(answer), _GOAL.search(answer)
    if action is None or goal is None:
        return None
    return TaskAnalysis(
        action_name=_line(action[1], _MAX_NAME_CHARS), goal=_line(goal[1], _MAX_GOAL_CHARS)
    )


def _line(text: str, most: int) -> str:
    text = text.strip().strip("*_` ")
    return text if len(text) <= most else f"{text[: most - 1]}…"
