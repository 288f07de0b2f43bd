"""Events to JSON and back; the only place where that is decided."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice

import msgspec

from domain.events import EVENT_CLASSES, AgentEvent, Origin
from domain.ids import Tag, TaskId
from domain.json_values import without_surrogates
from domain.tool_events import ToolCallComplete, ToolCallStream
from ports.event_log import EncodedEvent, StoredEvent

MAX_EVENT_BYTES = 256 * 1024
_ENVELOPE_ROOM = 1024  # more than names, ids and a seq can take
_NEVER_CUT_BYTES = 1024  # no class has so many fields that this much of each would not fit
_ENVELOPE = frozenset(
    {"event_type", "seq", "timestamp", "session_id", "task_id", "agent", "attempt"}
)
_FIELDS = {
    cls: tuple(field.name for field in fields(cls) if field.name not in _ENVELOPE)
    for cls in EVENT_CLASSES.values()
}
_HEADS = {
    cls: (name, b'{"event_type":"%b","seq":' % name.encode())
    for name, cls in EVENT_CLASSES.items()
}
_CUT: Mapping[str, object] = {"truncated": True}
_OF_CALLS = (ToolCallComplete, ToolCallStream)
_PLAIN = frozenset({str, int, float, bool})
_DECODERS = {name: msgspec.json.Decoder(cls) for name, cls in EVENT_CLASSES.items()}


class _Envelope(msgspec.Struct):
    timestamp: datetime


_ENVELOPES = msgspec.json.Decoder(_Envelope)
_encode = msgspec.json.Encoder().encode


class JsonEventCodec:
    def __init__(self, call_output_url: Callable[[TaskId, str], str] | None = None) -> None:
        """Where what is cut of a call's result can be read, if anywhere."""
        self._call_output_url = call_output_url

    def encode(self, event: AgentEvent, origin: Origin, *, at: datetime, tag: Tag) -> EncodedEvent:
        name, head = _HEADS[type(event)]
        payload, if_cut = _present_fields(event), _CUT
        if isinstance(event, _OF_CALLS) and (url := self._output_url(origin, event)):
            if_cut = {**_CUT, "output_url": url}
            if event.truncated:
                payload.update(if_cut)
        body = _bounded(payload, if_cut)
        return EncodedEvent(
            event_type=name,
            task_id=origin.task_id,
            agent=origin.agent,
            tag=tag,
            at=at,
            head=head,
            tail=b',"timestamp":%b,%b,%b' % (_timestamp(at), _origin_fields(origin), body[1:]),
        )

    def _output_url(self, origin: Origin, event: ToolCallComplete | ToolCallStream) -> str | None:
        """None for a call whose id is itself too long to be in an event whole."""
        if self._call_output_url is None or len(event.call_id) > _NEVER_CUT_BYTES:
            return None
        url = self._call_output_url(origin.task_id, event.call_id)
        return url if len(url) <= _NEVER_CUT_BYTES else None

    def decode(self, stored: StoredEvent) -> AgentEvent:
        event: AgentEvent = _DECODERS[stored.event_type].decode(stored.body)
        return event

    def recorded_at(self, stored: StoredEvent) -> datetime:
        return _ENVELOPES.decode(stored.body).timestamp


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds."""
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")[:-6] + "Z"


def _timestamp(at: datetime) -> bytes:
    """The same as JSON, from the encoder, which is ten times as fast but leaves zeros out."""
    return _encode(at if at.tzinfo is UTC and at.microsecond else timestamp(at))


@lru_cache(maxsize=1024)
def _origin_fields(origin: Origin) -> bytes:
    """The part of the envelope that all events of an attempt share, without its braces."""
    shared = {
        "session_id": origin.session_id,
        "task_id": origin.task_id,
        "agent": origin.agent,
        "attempt": origin.attempt,
    }
    return _ascii(shared)[1:-1]


def _present_fields(event: AgentEvent) -> dict[str, object]:
    """The payload without the fields that have no value."""
    return {
        name: value if type(value) in _PLAIN else _present(value)
        for name in _FIELDS[type(event)]
        if (value := getattr(event, name)) is not None
    }


def _present(value: object) -> object:
    match value:
        case str() | int() | float():
            return value
        case datetime():
            return timestamp(value)
        case tuple():
            return [_present(item) for item in value]
        case _ if is_dataclass(value):
            held = ((field.name, getattr(value, field.name)) for field in fields(value))
            return {name: _present(item) for name, item in held if item is not None}
        case _:
            return value


def _bounded(payload: dict[str, object], if_cut: Mapping[str, object]) -> bytes:
    """The payload's JSON; if it is too long, its long fields are cut until it fits."""
    room = MAX_EVENT_BYTES - _ENVELOPE_ROOM
    body = _ascii(payload)
    if len(body) <= room:
        return body
    long = {name: value for name, value in payload.items() if _is_long(value)}
    longest = MAX_EVENT_BYTES
    while len(body) > room:
        longest //= 2
        cut = {name: _clean(value, longest) for name, value in long.items()}
        body = _ascii({**payload, **cut, **if_cut})
    return body


def _is_long(value: object) -> bool:
    return len(_ascii({"": value})) > _NEVER_CUT_BYTES


def _ascii(value: Mapping[str, object]) -> bytes:
    try:
        body = _encode(value)
    except (UnicodeEncodeError, TypeError, OverflowError, RecursionError):
        return _escaped(value)
    return body if body.isascii() else _escaped(value)


def _escaped(value: Mapping[str, object]) -> bytes:
    """The slow way: escapes what is not ASCII, replaces what is not Unicode."""
    clean = _clean(value, None)
    return json.dumps(clean, allow_nan=False, separators=(",", ":")).encode("ascii")


def _clean(value: object, longest: int | None) -> object:
    """Without halves of characters; no text and no collection in it is longer than that."""
    match value:
        case str():
            return without_surrogates(value[:longest])
        case Mapping():
            items = islice(value.items(), longest)
            return {_clean(str(key), longest): _clean(item, longest) for key, item in items}
        case Sequence():
            return [_clean(item, longest) for item in value[:longest]]
        case _:
            return value
