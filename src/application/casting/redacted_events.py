"""Masks secrets in the events of a run, also where a text comes in pieces."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Literal, TypeVar, get_args, get_origin

from domain.events import AgentEvent
from domain.process_events import Log, ResourceUsage
from domain.redaction import Redactor, StreamRedactor
from domain.task_events import Error, TaskCancelled, TaskComplete, TaskFailed, TaskInterrupted
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta, Thinking
from domain.tool_events import ToolCallComplete, ToolCallStream

T = TypeVar("T")

_NUMBERS = frozenset({int, float, bool, int | None, float | None, bool | None})
_text_fields_of: dict[type, Sequence[str]] = {}
_Delta = ThinkDelta | MessageDelta | ToolCallStream
_Key = tuple[type[_Delta], str, str]


class RedactedEvents:
    """What may yet become a secret is held back, at most until the event that completes its text."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._open: dict[_Key, _Open] = {}

    def of(self, event: AgentEvent) -> Iterable[AgentEvent]:
        """Empty for a piece that is held back as a whole."""
        if isinstance(event, Log):
            return (self._log(event),)
        if isinstance(event, ResourceUsage):
            return (event,)
        if self._redactor.has_secrets:
            if isinstance(event, ThinkDelta | MessageDelta | ToolCallStream):
                return self._piece(event)
            if self._open:
                return (*self._rests(event), redacted(event, self._redactor))
        return (redacted(event, self._redactor),)

    def _log(self, log: Log) -> Log:
        line = self._redactor.text(log.line)
        text = None if log.text is None else self._redactor.text(log.text)
        if line == log.line and text == log.text:
            return log
        return replace(log, line=line, text=text)

    def _piece(self, event: _Delta) -> Iterable[AgentEvent]:
        key = _key(event)
        if (held := self._open.get(key)) is None:
            held = self._open[key] = _Open(event=event, stream=self._redactor.stream())
        held.event = event
        shown = held.stream.feed(_text(event))
        return (redacted(_with_text(event, shown), self._redactor),) if shown else ()

    def _rests(self, event: AgentEvent) -> Iterator[AgentEvent]:
        for key in [key for key in self._open if _completes(event, key)]:
            held = self._open.pop(key)
            if rest := held.stream.end():
                yield redacted(_with_text(held.event, rest), self._redactor)


@dataclass(slots=True)
class _Open:
    event: _Delta
    stream: StreamRedactor


def _key(event: _Delta) -> _Key:
    match event:
        case ThinkDelta():
            return ThinkDelta, str(event.iteration), ""
        case MessageDelta():
            return MessageDelta, event.message_id, ""
        case ToolCallStream():
            return ToolCallStream, event.call_id, event.stream


def _completes(event: AgentEvent, key: _Key) -> bool:
    match event:
        case ThinkComplete() | Thinking() | Error():  # the last two when the model is asked again
            return key[0] is ThinkDelta
        case Message():
            return key[:2] == (MessageDelta, event.message_id)
        case ToolCallComplete():
            return key[:2] == (ToolCallStream, event.call_id)
        case _:
            final = (TaskComplete, TaskFailed, TaskCancelled, TaskInterrupted)
            return isinstance(event, final)


def _text(event: _Delta) -> str:
    return event.chunk if isinstance(event, ToolCallStream) else event.text


def _with_text(event: _Delta, text: str) -> _Delta:
    if isinstance(event, ToolCallStream):
        return replace(event, chunk=text)
    return replace(event, text=text)


def redacted(value: T, redactor: Redactor) -> T:
    """A copy of a dataclass with masks in its texts; the value itself if there is nothing to mask."""
    changed: dict[str, object] = {}
    kind = type(value)
    if (names := _text_fields_of.get(kind)) is None:
        names = _text_fields_of[kind] = _text_fields(kind)
    for name in names:
        held = getattr(value, name)
        if (shown := _shown(held, redactor)) is not held:
            changed[name] = shown
    return replace(value, **changed) if changed else value  # type: ignore[type-var]


def _text_fields(kind: type) -> Sequence[str]:
    """Those that may hold any text, unlike numbers and literals."""
    return [each.name for each in fields(kind) if not _is_closed(each.type)]


def _is_closed(annotation: object) -> bool:
    if annotation in _NUMBERS or get_origin(annotation) is Literal:
        return True
    chosen = [each for each in get_args(annotation) if each is not type(None)]
    return len(chosen) == 1 and get_origin(chosen[0]) is Literal


def _shown(value: object, redactor: Redactor) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            shown = redactor.text(value)
            return value if shown == value else shown
        case Mapping():
            pairs = {_name(name, redactor): _shown(item, redactor) for name, item in value.items()}
            return value if pairs == value else pairs
        case tuple() | list():
            items = [_shown(item, redactor) for item in value]
            same = all(one is other for one, other in zip(items, value, strict=True))
            return value if same else type(value)(items)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return redacted(value, redactor)
        case _:
            return value


def _name(name: object, redactor: Redactor) -> object:
    return redactor.text(name) if isinstance(name, str) else name
