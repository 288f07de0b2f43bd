"""The protocol of one model API, for the model server."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Protocol

from tests.model_replies import Answer, AskedCall

Body = dict[str, object]

_numbers = count(1)

INPUT_TOKENS, OUTPUT_TOKENS = 20, 10
"""The tokens of each answer that does not set its own."""


class Wire(Protocol):
    def speaks(self, path: str) -> bool:
        """Whether a request to this path is one for an answer in this way."""

    def is_streamed(self, path: str, body: Body) -> bool: ...

    def tools(self, body: Body) -> Sequence[str]:
        """The names of the tools that the agent has offered."""

    def has_tool_results(self, body: Body) -> bool:
        """Whether the last message of the request is the result of a tool."""

    def events(self, answer: Answer) -> Iterator[str]:
        """The answer as a stream."""

    def whole(self, answer: Answer) -> Body:
        """The answer in one piece."""

    def fault(self, status: int, message: str) -> Body: ...


def objects(value: object) -> list[Body]:
    """The objects in a list; none in anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def named_event(name: str, fields: Mapping[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps({'type': name} | dict(fields))}\n\n"


def call_ids(answer: Answer) -> Iterator[tuple[str, AskedCall]]:
    """No id is given twice: agents keep their calls by it for a whole conversation."""
    for call in answer.calls:
        yield call.call_id or f"call_{next(_numbers)}", call
