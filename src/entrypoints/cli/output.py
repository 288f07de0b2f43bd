"""The one place that writes to the terminal or the pipe."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from domain.terminal_text import plain_text


class Output:
    """stdout has the result, stderr has messages."""

    def __init__(self, *, stdout: TextIO, stderr: TextIO) -> None:
        self.stdout = stdout
        self._stderr = stderr

    @property
    def is_terminal(self) -> bool:
        return self.stdout.isatty()

    @property
    def columns(self) -> int:
        return shutil.get_terminal_size().columns

    def write(self, text: str) -> None:
        """Flushed at once, for readers of a pipe."""
        self.stdout.write(text)
        self.stdout.flush()

    def write_bytes(self, data: bytes) -> None:
        self.stdout.flush()
        self.stdout.buffer.write(data)
        self.stdout.buffer.flush()

    def line(self, text: str) -> None:
        self.write(f"{text}\n")

    def json(self, value: Mapping[str, object]) -> None:
        self.line(json.dumps(value, separators=(",", ":")))

    def write_error(self, text: str) -> None:
        self._stderr.write(text)
        self._stderr.flush()

    def notice(self, text: str) -> None:
        self.write_error(f"{plain_text(' '.join(text.split()))}\n")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Aligned columns; nothing is cut, so that ids can be copied."""
        cells = [tuple(heads), *(tuple(map(_cell, row)) for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.line("  ".join(padded).rstrip())


def process_output() -> Output:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    return Output(stdout=sys.stdout, stderr=sys.stderr)


def _cell(text: str) -> str:
    return plain_text(" ".join(text.split()))
