"""Columns of JSON, also when a newer version has written them."""

from adapters.store.rows.task_rows import json_value
from domain.limits import Limits
from domain.task import TaskResult
from domain.usage import Usage


def test_a_field_that_a_newer_version_added_is_ignored() -> None:
    later = {"later": [1]}

    assert json_value(TaskResult, {"error": "no", **later}) == TaskResult(error="no")
    assert json_value(Usage, {"total_tokens": 3, **later}) == Usage(total_tokens=3)
    assert json_value(Limits, {"usd": 0.5, **later}) == Limits(usd=0.5)
