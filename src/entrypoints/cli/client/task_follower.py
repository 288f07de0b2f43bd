"""Shows a stream of the server's until it ends, and remembers how the task ended."""

from contextlib import aclosing

from domain.task import TaskStatus
from domain.task_events import FinalEvent
from entrypoints.cli.client.event_stream import EventStream, Notice
from entrypoints.cli.client.server_client import ServerClient
from entrypoints.cli.exit_code import code_of, code_of_status
from entrypoints.cli.views.event_view import EventView


async def follow_task(
    client: ServerClient, task_id: str, *, stream: EventStream, view: EventView
) -> int:
    """The exit code that says how the task ended; asked for when the stream did not tell."""
    final = await follow_stream(stream, view=view)
    if final is not None:
        return code_of(final)
    task = await client.task(task_id)
    return code_of_status(TaskStatus(str(task.get("status"))))


async def follow_stream(stream: EventStream, *, view: EventView) -> FinalEvent | None:
    """The last final event that was seen."""
    final: FinalEvent | None = None
    async with aclosing(stream.items()) as items:
        async for item in items:
            if isinstance(item, Notice):
                view.notice(item.text)
                continue
            view.show(item)
            if isinstance(item.event, FinalEvent):
                final = item.event
    return final
