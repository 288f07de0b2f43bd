"""Parses the script in a task's text into the turns of the scripted model."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.errors import ModelRefused

_FIRST_LINE = "script:"


@dataclass(slots=True)
class Turn:
    """One answer of the model."""

    says: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Tool names and their arguments as written."""
    refusal: str | None = None
    is_last: bool = False


def is_script(text: str) -> bool:
    return text.lstrip().partition("\n")[0].rstrip().lower() == _FIRST_LINE


def script_turns(text: str) -> list[Turn]:
    """Raises ModelRefused, which names the line, for an invalid script."""
    turns = [Turn()]
    for number, line in _steps(text):
        turn = turns[-1]
        word, _, rest = line.partition(" ")
        if turn.is_last:
            raise ModelRefused(f"line {number} of the script comes after its end: {line}")
        if turn.calls and word != "tool":
            turns.append(turn := Turn())
        _add(turn, word, rest.strip(), number)
    return turns


def _steps(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines after the first one, without empty ones and comments."""
    lines = enumerate((line.strip() for line in text.splitlines()), start=1)
    steps = [(number, line) for number, line in lines if line and not line.startswith("#")]
    yield from steps[1:]


def _add(turn: Turn, word: str, rest: str, number: int) -> None:
    match word:
        case "say":
            turn.says.append(_text_of(rest))
        case "tool" if rest:
            name, _, arguments = rest.partition(" ")
            turn.calls.append((name, arguments.strip()))
        case "answer":
            turn.says.append(_text_of(rest))
            turn.is_last = True
        case "fail":
            turn.refusal = _text_of(rest) or "the script says that it fails here"
            turn.is_last = True
        case _:
            raise ModelRefused(
                f"line {number} of the script is not say, tool, answer or fail: {word} {rest}"
            )


def _text_of(rest: str) -> str:
    """The text of a line; between double quotes it may hold what JSON text may, as `\\n`."""
    if not (rest.startswith('"') and rest.endswith('"')):
        return rest
    try:
        return str(json.loads(rest))
    except ValueError:
        return rest
