"""How the events of sandboxes, git, pull requests and artifacts read."""

from domain.workspace_events import (
    ArtifactCreated,
    GitOperation,
    PrCreated,
    SandboxStatus,
    WorkspaceEvent,
)
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.excerpt import excerpt


def workspace_line(event: WorkspaceEvent) -> EventLine:
    match event:
        case SandboxStatus(kind=kind, status=status, message=message):
            why = f": {excerpt(message)}" if message else ""
            return EventLine(text=f"sandbox {kind} {status}{why}")
        case GitOperation(operation=operation, status=status, message=message, progress=share):
            percent = "" if share is None else f" {share:.0f} %"
            state = status.replace("_", " ")
            return EventLine(text=f"git {operation} {state}{percent}: {excerpt(message)}")
        case PrCreated(pr_number=number, title=title, pr_url=url):
            return EventLine(text=f"pull request {number}: {excerpt(title)} {url}", style="good")
        case ArtifactCreated(path=path, size_bytes=size):
            return EventLine(text=f"file {path} ({size:,} bytes)")
