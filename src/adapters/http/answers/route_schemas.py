"""How the API description describes streams, histories and the answers to a submission."""

from typing import Any

from adapters.http.answers.task import TaskAnswer
from adapters.http.problems.problem import Responses
from adapters.http.requests.headers import MAX_WAIT_S

_EVENT = {"$ref": "#/components/schemas/AgentEvent"}
_OVER: dict[int | str, dict[str, Any]] = {
    204: {"description": "All of it is over, and the cursor is behind its end."}
}

# What describes each event of a stream, as FastAPI itself writes it and its readers expect it.
STREAM_CONTENT: dict[str, Any] = {
    "text/event-stream": {
        "itemSchema": {
            "type": "object",
            "description": "The data of each event is an AgentEvent, but that of connected, "
            "reset, cursor and end, which the stream makes itself.",
            "properties": {
                "id": {"type": "string"},
                "event": {"type": "string"},
                "data": {"type": "string", "contentMediaType": "application/json"},
                "retry": {"type": "integer", "minimum": 0},
            },
            "required": ["event", "data"],
        }
    }
}
_LINES_CONTENT: dict[str, Any] = {
    "application/x-ndjson": {"schema": {"type": "string", "description": "One AgentEvent a line."}}
}
_PAGE_CONTENT: dict[str, Any] = {
    "application/json": {
        "schema": {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": _EVENT},
                "next_cursor": {
                    "type": "string",
                    "description": "The `after` of the next page. While there is one, a page "
                    "may hold fewer events than asked for, or none.",
                },
            },
            "required": ["items"],
        }
    }
}

RESUMABLE: dict[str, Any] = {
    "parameters": [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "description": "The id of the last event that was seen; it wins over `after`.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 2048},
        }
    ]
}
STREAM: dict[str, Any] = {"description": "The events, live.", "content": STREAM_CONTENT}
LINES: dict[str, Any] = {"description": "The events.", "content": _LINES_CONTENT}
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The events, in the form that Accept asks for.",
        "content": {**STREAM_CONTENT, **_PAGE_CONTENT, **_LINES_CONTENT},
    },
    **_OVER,
}
STREAM_OR_OVER: dict[int | str, dict[str, Any]] = {200: STREAM, **_OVER}


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
