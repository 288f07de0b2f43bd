"""What clients send to a running task: text, keys, the end of input, signals, another size."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapters.http.problems.problem import Problem
from domain.task_input import (
    EndOfInput,
    KeysInput,
    MessageInput,
    ResizeInput,
    SignalInput,
    SignalName,
    TaskInput,
)

MAX_INPUT_BYTES = 64 * 1024
_STRICT = ConfigDict(extra="forbid", strict=True)

InputKind = Literal["message", "keys", "eof", "signal", "resize"]
KeyText = Annotated[str, Field(min_length=1)]
Keys = KeyText | Annotated[list[KeyText], Field(min_length=1)]
Cells = Annotated[int, Field(ge=1, le=1000)]


@with_config(_STRICT)
class MessageBody(TypedDict):
    """The answer to what an agent asks, or a text to be typed, and the key Enter after it."""

    kind: Literal["message"]
    data: str


@with_config(_STRICT)
class KeysBody(TypedDict):
    """Keys by their names, as `enter`, `up`, `ctrl-c`; what is no name is typed as it is."""

    kind: Literal["keys"]
    data: Keys


@with_config(_STRICT)
class EndBody(TypedDict):
    """The end of the input."""

    kind: Literal["eof"]


@with_config(_STRICT)
class SignalBody(TypedDict):
    """A signal for what runs in the foreground."""

    kind: Literal["signal"]
    data: SignalName


@with_config(_STRICT)
class SizeBody(TypedDict):
    """In characters."""

    rows: Cells
    columns: Cells


@with_config(_STRICT)
class ResizeBody(TypedDict):
    """Another size for the terminal."""

    kind: Literal["resize"]
    data: SizeBody


InputBody = Annotated[
    MessageBody | KeysBody | EndBody | SignalBody | ResizeBody, Field(discriminator="kind")
]


def task_input(body: InputBody) -> TaskInput:
    """Raises Problem for more than MAX_INPUT_BYTES."""
    match body["kind"]:
        case "message":
            return MessageInput(text=_bounded(body["data"]))
        case "keys":
            keys = [body["data"]] if isinstance(body["data"], str) else body["data"]
            _bounded("".join(keys))
            return KeysInput(keys=tuple(keys))
        case "eof":
            return EndOfInput()
        case "signal":
            return SignalInput(name=body["data"])
        case "resize":
            return ResizeInput(**body["data"])


def _bounded(text: str) -> str:
    if len(text.encode()) > MAX_INPUT_BYTES:
        raise Problem(
            status=413,
            code="input_too_large",
            detail=f"A task takes at most {MAX_INPUT_BYTES} bytes at a time.",
        )
    return text
