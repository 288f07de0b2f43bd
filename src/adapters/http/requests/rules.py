"""Extraction rules as clients send them, and a trial of some on a text."""

from collections.abc import Sequence
from typing import Annotated, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapters.http.requests.checked_values import CHOSEN_ID, bounded_text
from application.serving.rule_trial import DryRun, FoundInLine
from domain.built_in_rules import BuiltInRule, built_in_rule
from domain.errors import InvalidInput
from domain.extraction import MOST_RULES, CaptureType, ExtractionRule, FailedBy

_BUILT_IN = "built_in"

_Pattern = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        description="A regular expression. The value is the group `value`, else the first group "
        "that took part, else the whole match.",
    ),
]
_JsonPath = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1000,
        description="A path after RFC 9535 into each line that is a JSON object or array.",
    ),
]


@with_config(ConfigDict(extra="forbid", strict=True))
class RuleBody(TypedDict):
    """What to look for in each line: exactly one of `pattern`, `json_path` and `built_in`."""

    name: NotRequired[
        Annotated[
            str,
            Field(pattern=CHOSEN_ID, description="Required, but for a `built_in`, which has one."),
        ]
    ]
    pattern: NotRequired[_Pattern]
    json_path: NotRequired[_JsonPath]
    built_in: NotRequired[BuiltInRule]
    types: NotRequired[
        Annotated[
            dict[str, CaptureType],
            Field(max_length=50, description="What named groups, and `value`, are read as."),
        ]
    ]
    ignore_case: NotRequired[bool]
    every_match: NotRequired[
        Annotated[bool, Field(description="False: only the first one of a line counts.")]
    ]


@with_config(ConfigDict(extra="forbid", strict=True))
class OutputRuleBody(TypedDict):
    """What to look for in each line: `pattern` or `json_path`."""

    pattern: NotRequired[_Pattern]
    json_path: NotRequired[_JsonPath]
    ignore_case: NotRequired[bool]


@with_config(ConfigDict(extra="forbid", strict=True))
class FailureRuleBody(TypedDict):
    """A line that fails the task. The error has the group `message`, or the line."""

    pattern: NotRequired[_Pattern]
    json_path: NotRequired[_JsonPath]
    ignore_case: NotRequired[bool]
    reason: NotRequired[FailedBy]


RuleBodies = Annotated[list[RuleBody], Field(max_length=MOST_RULES)]
FailureRuleBodies = Annotated[list[FailureRuleBody], Field(max_length=MOST_RULES)]


def rules_of(bodies: Sequence[RuleBody], *, field: str) -> tuple[ExtractionRule, ...]:
    """Raises InvalidInput; `field` is what the client calls the list."""
    return tuple(_rule(body, field=f"{field}.{index}") for index, body in enumerate(bodies))


def _rule(body: RuleBody, *, field: str) -> ExtractionRule:
    if len(body.keys() & {"pattern", "json_path", _BUILT_IN}) != 1:
        raise InvalidInput(field, "needs exactly one of pattern, json_path and built_in")
    if _BUILT_IN in body:
        return _built_in(body, field=field)
    if "name" not in body:
        raise InvalidInput(f"{field}.name", "is required")
    return ExtractionRule(
        name=body["name"],
        pattern=body.get("pattern"),
        json_path=body.get("json_path"),
        types=tuple(body.get("types", {}).items()),
        ignore_case=body.get("ignore_case", False),
        every_match=body.get("every_match", True),
    )


def _built_in(body: RuleBody, *, field: str) -> ExtractionRule:
    for option in ("types", "ignore_case", "every_match"):
        if option in body:
            raise InvalidInput(f"{field}.{option}", "is not for a rule that is built in")
    return built_in_rule(body["built_in"], name=body.get("name"))


# Each may take its full time on the line that is being looked at when the time is up.
_MOST_RULES = 20


@with_config(
    ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "rules": [
                        {"built_in": "test_counts"},
                        {
                            "name": "coverage",
                            "pattern": "coverage: (?P<value>[0-9.]+)%",
                            "types": {"value": "number"},
                        },
                    ],
                    "text": "12 passed in 0.50s\ncoverage: 93.5%",
                }
            ]
        },
    )
)
class ExtractionTestBody(TypedDict):
    """Rules, and a text as an agent may write it, with its terminal escapes."""

    rules: Annotated[list[RuleBody], Field(min_length=1, max_length=_MOST_RULES)]
    text: Annotated[str, Field(max_length=256 * 1024), AfterValidator(bounded_text)]


class FindingAnswer(TypedDict):
    """As in the event `extraction`."""

    rule: str
    value: str | int | float | bool
    groups: NotRequired[dict[str, str | int | float | bool]]
    line_num: int


@with_config(defer_build=True)
class ExtractionTestAnswer(TypedDict):
    items: list[FindingAnswer]
    too_slow: NotRequired[
        Annotated[list[str], Field(description="Rules that were given up, by their names.")]
    ]
    truncated: NotRequired[
        Annotated[bool, Field(description="There were too many matches, or too little time.")]
    ]


def extraction_test_answer(tested: DryRun) -> ExtractionTestAnswer:
    answer = ExtractionTestAnswer(items=[_finding(item) for item in tested.items])
    if tested.too_slow:
        answer["too_slow"] = list(tested.too_slow)
    if tested.is_cut:
        answer["truncated"] = True
    return answer


def _finding(item: FoundInLine) -> FindingAnswer:
    found = item.found
    answer = FindingAnswer(rule=found.rule, value=found.value, line_num=item.line_num)
    if found.groups is not None:
        answer["groups"] = found.groups
    return answer
