"""What makes events of a process' output, as it comes."""

from typing import Protocol

from ports.process import Output


class OutputReading(Protocol):
    """To wait for it is the back-pressure: a process that writes faster than its events are
    stored is held back.
    """

    @property
    def has_unfinished(self) -> bool:
        """Whether a line was begun that can be shown as far as it goes."""

    @property
    def is_full(self) -> bool:
        """Whether there was more than the output of the task may be."""

    @property
    def last_line(self) -> str:
        """The last logged line that says something, as plain text and not too long."""

    async def take(self, output: Output) -> None: ...

    async def show_unfinished(self) -> None:
        """Show what has been written of lines that are not finished: prompts, progress bars."""

    async def end(self) -> None:
        """There is no more. To be called twice does no harm."""
