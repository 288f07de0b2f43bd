"""Keeps an answer from being shown twice: as the last thought, and as the task's result."""

from dataclasses import replace

from domain.events import AgentEvent
from domain.task_events import TaskComplete, TaskQueued
from domain.thinking_events import Message, ThinkComplete
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.event_lines import line_of
from entrypoints.cli.views.excerpt import excerpt


class EventNarrator:
    """Turns events into lines; knows what text the task has shown last."""

    def __init__(self) -> None:
        self._last_text = ""

    def has_shown(self, output: str) -> None:
        """A command's last line of output is its answer, too."""
        self._last_text = output.strip() or self._last_text

    def lines(self, event: AgentEvent) -> list[EventLine]:
        line = line_of(event)
        match event:
            case TaskQueued():
                self._last_text = ""
            case ThinkComplete(reasoning=str(reasoning)):
                return self._thought(event, reasoning)
            case ThinkComplete(content=content) | Message(content=content):
                if content == self._last_text:
                    return []
                self._last_text = content
            case TaskComplete(final_answer=answer) if answer.strip() != self._last_text.strip():
                return [EventLine(text=answer, style="text"), *([line] if line else [])]
            case _:
                pass
        return [line] if line else []

    def _thought(self, event: ThinkComplete, reasoning: str) -> list[EventLine]:
        """Reasoning is one short line; what was said follows it, unless it was reasoning alone."""
        folded = EventLine(text=f"thought: {excerpt(reasoning)}")
        if event.content == reasoning:
            return [folded]
        return [folded, *self.lines(replace(event, reasoning=None))]
