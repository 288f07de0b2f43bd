"""Masks secrets in values of any depth, and makes no copy where there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Literal, TypeVar, get_args, get_origin

from domain.redaction import Redactor

T = TypeVar("T")

_NUMBERS = frozenset({int, float, bool, int | None, float | None, bool | None})
_worded: dict[type, Sequence[str]] = {}


def redacted(value: T, redactor: Redactor) -> T:
    """A copy of a dataclass with masks in its texts; the value itself if there is nothing to mask."""
    changed: dict[str, object] = {}
    kind = type(value)
    if (names := _worded.get(kind)) is None:
        names = _worded[kind] = _worded_fields(kind)
    for name in names:
        held = getattr(value, name)
        if (shown := _shown(held, redactor)) is not held:
            changed[name] = shown
    return replace(value, **changed) if changed else value  # type: ignore[type-var]


def _worded_fields(kind: type) -> Sequence[str]:
    """Those that may hold any text; words that are chosen from a few stay as they are."""
    return [each.name for each in fields(kind) if not _is_bound(each.type)]


def _is_bound(annotation: object) -> bool:
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
