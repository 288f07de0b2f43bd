"""The parts of a task that are numbers: limits, usage, result."""

from dataclasses import fields
from typing import Annotated, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from domain.extraction import MOST_SHOWN, Captured
from domain.limits import Limits
from domain.task import TaskResult
from domain.usage import Usage


class LimitsAnswer(TypedDict):
    timeout_s: NotRequired[float]
    idle_s: NotRequired[float]
    iterations: NotRequired[int]
    tool_calls: NotRequired[int]
    tokens: NotRequired[int]
    usd: NotRequired[float]
    output_bytes: NotRequired[int]


class UsageAnswer(TypedDict):
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cached_input_tokens: NotRequired[int]
    reasoning_tokens: NotRequired[int]
    cost_usd: NotRequired[float]
    partial: NotRequired[bool]


class ResultAnswer(TypedDict):
    final_answer: NotRequired[str]
    exit_code: NotRequired[int]
    extractions: NotRequired[
        Annotated[
            dict[str, Captured],
            Field(
                description="What each rule found last, by its name; of a text the first "
                f"{MOST_SHOWN} characters, the `extraction` event has all."
            ),
        ]
    ]


_LIMITS = TypeAdapter(LimitsAnswer)
_USAGE = TypeAdapter(UsageAnswer)
_RESULT = TypeAdapter(ResultAnswer)


def limits_answer(limits: Limits) -> LimitsAnswer:
    return _LIMITS.validate_python(_present(limits))


def usage_answer(usage: Usage) -> UsageAnswer:
    return _USAGE.validate_python(_present(usage))


def result_answer(result: TaskResult) -> ResultAnswer:
    """Empty for what ended in an error and left nothing else."""
    shown = {name: item for name, item in _present(result).items() if name != "error"}
    return _RESULT.validate_python(shown)


def _present(value: Limits | Usage | TaskResult) -> dict[str, object]:
    held = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: item for name, item in held if item is not None}
