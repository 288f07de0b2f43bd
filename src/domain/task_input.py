"""What people send to a task that runs: input to its process, or the reply to its question."""

from dataclasses import dataclass
from typing import Literal

SignalName = Literal["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "WINCH", "TSTP", "CONT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageInput:
    text: str
    """Typed, and the key Enter after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInput:
    keys: tuple[str, ...]
    """Names of keys; whatever is no name is typed as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfInput:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalInput:
    name: SignalName


@dataclass(frozen=True, slots=True, kw_only=True)
class ResizeInput:
    rows: int
    columns: int


TaskInput = MessageInput | KeysInput | EndOfInput | SignalInput | ResizeInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    text: str
    by: str
    """The name of the principal."""
