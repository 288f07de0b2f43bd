"""Turns events into lines, without showing an answer twice as message and as result."""

from dataclasses import replace

from domain.events import AgentEvent
from domain.task_events import TaskComplete, TaskQueued
from domain.thinking_events import Message, ThinkComplete
from entrypoints.cli.views.event_lines import EventLine, line_of
from entrypoints.cli.views.excerpt import excerpt


class EventNarrator:
    """Remembers the last text of the task to skip repetitions."""

    def __init__(self) -> None:
        self._last_text = ""

    def has_shown(self, output: str) -> None:
        """The last line of a command's output is its answer, too."""
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
        """Reasoning as one short line, followed by the content if it differs."""
        folded = EventLine(text=f"thought: {excerpt(reasoning)}")
        if event.content == reasoning:
            return [folded]
        return [folded, *self.lines(replace(event, reasoning=None))]
