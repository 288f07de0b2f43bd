"""Extraction rules from a file, as toml or JSON."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from domain.extraction import MOST_RULES, ExtractionRule
from entrypoints.cli.failure import UsageMistake
from entrypoints.settings.rule_settings import RuleSettings

_RULES = TypeAdapter(list[RuleSettings])


def rules_of_file(path: Path) -> Sequence[ExtractionRule]:
    """`[[rules]]` in toml; in JSON a list, or an object with a list `rules`."""
    return [rule.rule() for rule in _rules_of(path)]


def tables_of_file(path: Path) -> Sequence[Mapping[str, object]]:
    """The rules as the API accepts them."""
    return [rule.model_dump(exclude_unset=True) for rule in _rules_of(path)]


def _rules_of(path: Path) -> Sequence[RuleSettings]:
    try:
        given = _RULES.validate_python(_list_of(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in ("rules", *first["loc"]))
        raise UsageMistake(f"{path}: {where}: {first['msg']}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageMistake(f"{path}: {error}") from error
    if len(given) > MOST_RULES:
        raise UsageMistake(f"{path}: there are {len(given)} rules; {MOST_RULES} at most")
    return given


def _list_of(path: Path) -> object:
    text = path.read_text(encoding="utf-8")
    value: object = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    if not isinstance(value, dict):
        return value
    unknown = next((name for name in value if name != "rules"), None)
    if unknown is not None or "rules" not in value:
        problem = "has no rules" if unknown is None else f"there is no setting {unknown!r}"
        raise UsageMistake(f"{path}: {problem}; write [[rules]] above each rule")
    return value["rules"]
