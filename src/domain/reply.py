"""What a person says to a question that a run asks in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    text: str
    by: str
