"""How the events of a process read; its output is shown as it is, not as lines of ours."""

from domain.process_events import (
    Extraction,
    Log,
    ProcessEvent,
    ProcessExited,
    ProcessStarted,
    Raw,
    ResourceUsage,
    SchemaDrift,
)
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.excerpt import duration, excerpt


def process_line(event: ProcessEvent) -> EventLine | None:
    """None for output and for samples."""
    match event:
        case ProcessStarted(command=command, pid=pid, sandbox=sandbox):
            fence = "without a sandbox" if sandbox == "none" else f"in {sandbox}"
            return EventLine(text=f"$ {excerpt(command)} (pid {pid}, {fence})", style="tool")
        case ProcessExited():
            return _exit(event)
        case Extraction(rule=rule, value=value, line_num=line_num):
            return EventLine(text=f"{rule}: {excerpt(str(value))} (line {line_num})")
        case Raw(source=source, line=line):
            return EventLine(text=f"{source}: {excerpt(line)}")
        case SchemaDrift(source=source, what=what):
            text = f"{source} writes what is not known here: {excerpt(what)}"
            return EventLine(text=text, style="warn")
        case Log() | ResourceUsage():
            return None


def _exit(event: ProcessExited) -> EventLine:
    how = f"signal {event.signal}" if event.signal is not None else f"code {event.exit_code}"
    leaked = f", left behind and killed: {len(event.leaked_pids)}" if event.leaked_pids else ""
    if event.stopped:
        text = f"stayed when its turn was over, and was ended after {duration(event.duration_ms)}"
        return EventLine(text=text + leaked)
    text = f"ended with {how} after {duration(event.duration_ms)}{leaked}"
    return EventLine(text=text, style="step" if event.exit_code == 0 else "warn")
