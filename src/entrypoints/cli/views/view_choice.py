"""Chooses the view for the output: JSON, raw, plain or live."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from entrypoints.cli.output import Output
from entrypoints.cli.views.command_view import CommandView
from entrypoints.cli.views.live_view import LiveView
from entrypoints.cli.views.plain_view import JsonView, PlainView
from entrypoints.cli.views.received_event import EventView
from entrypoints.cli.views.safe_text import line_cleaner


@contextmanager
def event_view(
    output: Output, *, as_json: bool, raw: bool, many_tasks: bool = False
) -> Iterator[EventView]:
    if as_json:
        yield JsonView(output)
    elif raw:
        yield PlainView(output, many_tasks=many_tasks, clean=_untouched)
    elif not output.is_terminal or os.environ.get("TERM") == "dumb":
        yield PlainView(output, many_tasks=many_tasks)
    else:
        with _live_view(output, many_tasks=many_tasks) as view:
            yield view


@contextmanager
def command_view(output: Output, *, as_json: bool, raw: bool) -> Iterator[EventView]:
    if as_json:
        yield JsonView(output)
    elif raw:
        yield CommandView(output, clean=_untouched)
    else:
        yield CommandView(output, clean=line_cleaner(colours=output.is_terminal))


@contextmanager
def _live_view(output: Output, *, many_tasks: bool) -> Iterator[EventView]:
    with LiveView(console=Console(file=output.stdout), many_tasks=many_tasks) as view:
        yield view


def _untouched(text: str) -> str:
    return text
