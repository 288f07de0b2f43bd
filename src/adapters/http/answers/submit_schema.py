"""How the API description tells of the many ways a submission can be answered."""

from typing import Any

from adapters.http.answers.stream_schema import STREAM_CONTENT
from adapters.http.answers.task import TaskAnswer
from adapters.http.problems.problem_schema import Responses
from adapters.http.requests.headers import MAX_WAIT_S

_LOCATION = {"Location": {"description": "The task.", "schema": {"type": "string"}}}

ACCEPTED: dict[str, Any] = {"description": "The task is queued.", "headers": _LOCATION}
SUBMITTED: Responses = {
    200: {
        "model": TaskAnswer,
        "description": "The task, when it ended within the time given by `Prefer: wait`;"
        " or the stream of its events.",
        "content": STREAM_CONTENT,
        "headers": _LOCATION,
    },
    202: ACCEPTED,
}
KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A submission with a key of the last 24 hours makes no second task.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[!-~]([ -~]{0,253}[!-~])?$",
    },
}
SUBMIT_HEADERS: list[dict[str, Any]] = [
    KEY_HEADER,
    {
        "name": "Prefer",
        "in": "header",
        "description": f"`wait=N`: answer when the task has ended, or after N s ({MAX_WAIT_S} at most).",
        "schema": {"type": "string"},
    },
]
