"""What a test of extraction rules is asked for with, and how it is answered."""

from typing import Annotated, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapters.http.requests.checked_values import bounded_text
from adapters.http.requests.rule import RuleBody
from application.serving.rule_trial import DryRun, FoundInLine

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
        Annotated[bool, Field(description="There was too much to find, or too little time.")]
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
