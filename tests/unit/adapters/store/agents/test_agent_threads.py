"""The column of an agent's conversation, as it is written now and as it was at first."""

import pytest

from adapters.store.agents.agent_threads import thread_column, thread_of_column
from domain.agent_thread import AgentThread
from domain.usage import Usage


@pytest.mark.parametrize("usage", [None, Usage(), Usage(input_tokens=3, cost_usd=0.5)])
@pytest.mark.parametrize("name", ["t-1", "é", '{"id": "x"}'])
def test_a_conversation_comes_back_as_it_was_kept(name: str, usage: Usage | None) -> None:
    thread = AgentThread(id=name, usage=usage)

    assert thread_of_column(thread_column(thread)) == thread


@pytest.mark.parametrize("text", ["t-1", "4711", '"quoted"', "[1]", "{", '{"a": 1}', "null"])
def test_a_text_that_is_no_such_object_is_the_id(text: str) -> None:
    assert thread_of_column(text) == AgentThread(id=text)


def test_a_conversation_is_resumed_whatever_fields_a_newer_version_adds() -> None:
    text = '{"id": "t-1", "usage": {"total_tokens": 3, "later": 1}, "later": 1}'

    assert thread_of_column(text) == AgentThread(id="t-1", usage=Usage(total_tokens=3))
