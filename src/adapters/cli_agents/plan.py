"""Reads the list of steps that an agent keeps as the phases of a plan."""

from domain.thinking_events import Phase


def phases(steps: object, *, text_key: str) -> list[Phase] | None:
    """Steps have no ids and are numbered from 1; None if this is not a list of steps."""
    if not isinstance(steps, list):
        return None
    read = [_phase(step, number, text_key) for number, step in enumerate(steps, 1)]
    whole = [phase for phase in read if phase]
    return whole if len(whole) == len(read) else None


def _phase(step: object, number: int, text_key: str) -> Phase | None:
    if not isinstance(step, dict) or not isinstance(name := step.get(text_key), str):
        return None
    match step:
        case {"status": "completed" | "cancelled"} | {"completed": True}:
            return Phase(id=str(number), name=name, status="completed")
        case {"status": "in_progress"}:
            return Phase(id=str(number), name=name, status="in_progress")
        case _:
            return Phase(id=str(number), name=name, status="pending")
