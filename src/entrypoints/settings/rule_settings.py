"""Extraction rules of the toml file."""

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from domain.built_in_rules import BuiltInRule, built_in_rule
from domain.extraction import CaptureType, ExtractionRule, FailedBy
from domain.ids import is_chosen_id

_NOT_FOR_BUILT_IN = frozenset({"types", "ignore_case", "every_match"})


class OutputRuleSettings(BaseModel):
    """The tables `[agents.NAME.answer]` and `[agents.NAME.thread]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: str | None = None
    json_path: str | None = None
    ignore_case: bool = False


class FailureSettings(OutputRuleSettings):
    """The table `[[agents.NAME.failure]]`."""

    reason: FailedBy = "agent_error"


class RuleSettings(BaseModel):
    """The table `[[agents.NAME.rules]]`; whether its pattern can be used is not looked at here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    pattern: str | None = None
    json_path: str | None = None
    built_in: BuiltInRule | None = None
    types: dict[str, CaptureType] = Field(default_factory=dict)
    ignore_case: bool = False
    every_match: bool = True

    @model_validator(mode="after")
    def _can_be_used(self) -> "RuleSettings":
        if mistake := self._mistake():
            raise PydanticCustomError("extraction_rule", "{mistake}", {"mistake": mistake})
        return self

    def rule(self) -> ExtractionRule:
        if self.built_in is not None:
            return built_in_rule(self.built_in, name=self.name or None)
        return ExtractionRule(
            name=self.name,
            pattern=self.pattern,
            json_path=self.json_path,
            types=tuple(self.types.items()),
            ignore_case=self.ignore_case,
            every_match=self.every_match,
        )

    def _mistake(self) -> str | None:
        given = (self.pattern, self.json_path, self.built_in)
        if sum(one is not None for one in given) != 1:
            return "give exactly one of pattern, json_path and built_in"
        if self.built_in is not None and (given_too := self.model_fields_set & _NOT_FOR_BUILT_IN):
            return f"{min(given_too)} is not for a rule that is built in"
        if not is_chosen_id(self.name) and (self.name or self.built_in is None):
            return f"{self.name!r} is no name; use 1 to 64 letters, digits and . _ : -"
        return None
