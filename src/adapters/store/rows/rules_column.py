"""Extraction rules as a column of text."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from domain.extraction import ExtractionRule


def rules_column(rules: Sequence[ExtractionRule]) -> str | None:
    """None for no rules."""
    return json.dumps([asdict(rule) for rule in rules]) if rules else None


def rules_of_column(text: str | None) -> tuple[ExtractionRule, ...]:
    rules = json.loads(text) if text else ()
    return tuple(
        ExtractionRule(**{**rule, "types": tuple((name, kind) for name, kind in rule["types"])})
        for rule in rules
    )
