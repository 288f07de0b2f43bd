"""Hypothesis strategies for events of any class, derived from the types of the fields."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from domain.events import AgentEvent, Origin
from domain.ids import AgentName, SessionId, SessionKey, TaskId

T = TypeVar("T")
Text = st.SearchStrategy[str]

ORIGIN = Origin(
    session_key=SessionKey(1),
    session_id=SessionId("s"),
    task_id=TaskId("task_1"),
    agent=AgentName("react"),
    attempt=1,
    lease_id=None,
)
CLEAN_TEXT: Text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ANY_TEXT: Text = st.text(st.characters(exclude_categories=[]), max_size=30)
_NUMBERS: Mapping[object, st.SearchStrategy[object]] = {
    NoneType: st.none(),
    bool: st.booleans(),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(0, 100),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def events_of(event_class: type[AgentEvent], text: Text) -> st.SearchStrategy[AgentEvent]:
    """Events of one class, with such text wherever text may be."""
    return _built(event_class, text)


def json_values(text: Text) -> st.SearchStrategy[object]:
    numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | numbers | text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=5,
    )


def _built(cls: type[T], text: Text) -> st.SearchStrategy[T]:
    hints = get_type_hints(cls)
    assert is_dataclass(cls)
    values = {field.name: _values(hints[field.name], text) for field in fields(cls)}
    return st.builds(cls, **values)


def _values(hint: object, text: Text) -> st.SearchStrategy[object]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        return st.one_of([_values(part, text) for part in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(_values(arguments[0], text), max_size=3).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(text, _values(arguments[1], text), max_size=3)
    return _plain_values(hint, text)


def _plain_values(hint: object, text: Text) -> st.SearchStrategy[object]:
    if hint is str:
        return text
    if hint is object:
        return json_values(text)
    if isinstance(hint, type) and is_dataclass(hint):
        return _built(hint, text)
    return _NUMBERS[hint]
