"""What no option may say, told before anything is started or asked for."""

import math
from collections.abc import Sequence

from domain.ids import is_chosen_id
from domain.json_values import without_surrogates
from entrypoints.cli.failure import UsageMistake


def positive(_: object, seconds: float | None) -> None:
    """Raises ValueError, for the parser to name the option."""
    if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
        raise ValueError("use a number of seconds above 0")


def agent_name(_: object, name: str | None) -> None:
    """Raises ValueError, for the parser to name the option."""
    if name is not None and not is_chosen_id(name):
        raise ValueError("use 1 to 64 letters, digits and any of . _ : -")


def utf8(arguments: Sequence[str]) -> Sequence[str]:
    """The arguments; raises UsageMistake for bytes that are no text."""
    for argument in arguments:
        if without_surrogates(argument) != argument:
            raise UsageMistake(f"an argument is not UTF-8: {argument!r}")
    return arguments
