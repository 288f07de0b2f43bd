"""What shows events to whoever called the command."""

from typing import Protocol

from entrypoints.cli.views.seen_event import SeenEvent


class EventView(Protocol):
    def show(self, seen: SeenEvent) -> None:
        """Each event once, in order."""

    def notice(self, text: str) -> None:
        """Something about the stream, not in it; goes to stderr."""
