"""What stands in the columns of JSON, also when a newer version has written it."""

from adapters.store.agents.thread_column import thread_of_column
from adapters.store.rows.json_value import json_value
from domain.agent_thread import AgentThread
from domain.limits import Limits
from domain.task import TaskResult
from domain.usage import Usage


def test_a_field_that_a_newer_version_added_is_passed_over() -> None:
    later = {"later": [1]}

    assert json_value(TaskResult, {"error": "no", **later}) == TaskResult(error="no")
    assert json_value(Usage, {"total_tokens": 3, **later}) == Usage(total_tokens=3)
    assert json_value(Limits, {"usd": 0.5, **later}) == Limits(usd=0.5)


def test_a_conversation_is_gone_on_with_whatever_a_newer_version_knows_of_its_usage() -> None:
    text = '{"id": "t-1", "usage": {"total_tokens": 3, "later": 1}, "later": 1}'

    assert thread_of_column(text) == AgentThread(id="t-1", usage=Usage(total_tokens=3))
