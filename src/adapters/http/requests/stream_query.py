"""What the query and the headers of a stream ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from adapters.http.problems.problem import Problem, field_problem
from adapters.http.requests.checked_values import CHOSEN, REPLAY, Instant
from application.watching.stream_request import (
    FromCursor,
    FromNow,
    Replay,
    Since,
    Start,
    event_types,
)
from domain.errors import InvalidCursor, InvalidInput

MAX_CURSOR_CHARS = 2048
_MAX_IDS = 64
_HEADER = "Last-Event-ID"
_INVALID_CURSOR = "invalid_cursor"

Ids = Annotated[
    str,
    Field(
        pattern=rf"^{CHOSEN}(,{CHOSEN}){{0,{_MAX_IDS - 1}}}$",
        description=f"One to {_MAX_IDS}, separated by commas.",
    ),
]


class StreamQuery(BaseModel):
    """Where to begin and what to leave out; the header Last-Event-ID wins over `after`."""

    model_config = ConfigDict(extra="forbid")

    after: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=MAX_CURSOR_CHARS,
                description="The id of the last event that was seen.",
            ),
        ]
        | SkipJsonSchema[None]
    ) = None
    since: (
        Annotated[
            Instant,
            Field(
                description="What was recorded from then on. A stream of tasks begins at their"
                " beginning; pages apply it to tasks too."
            ),
        ]
        | SkipJsonSchema[None]
    ) = None
    replay: (
        Annotated[
            str,
            Field(
                pattern=REPLAY,
                description="`all`, or how many of the newest events that are shown: of all sessions"
                " together, in the order of time. A stream of tasks begins at their beginning.",
            ),
        ]
        | SkipJsonSchema[None]
    ) = None
    types: (
        Annotated[
            str,
            Field(
                pattern=r"^[a-z_*]{1,64}(,[a-z_*]{1,64}){0,63}$",
                description="Event types, separated by commas; `tool_*` stands for several.",
            ),
        ]
        | SkipJsonSchema[None]
    ) = None
    deltas: Annotated[
        int, Field(ge=0, le=1, description="0 leaves out pieces of text and of tool output.")
    ] = 1
    compress: Annotated[
        int,
        Field(ge=0, le=1, description="1 compresses a stream for a client that accepts gzip."),
    ] = 0

    @property
    def wanted_types(self) -> frozenset[str]:
        """Raises InvalidInput for a type that no event has."""
        patterns = tuple(self.types.split(",")) if self.types else ()
        return event_types(patterns, with_deltas=bool(self.deltas))


class FilteredStreamQuery(StreamQuery):
    """Of `/sse`: at least one of the three filters."""

    session_id: Ids | SkipJsonSchema[None] = None
    agent_id: Ids | SkipJsonSchema[None] = None
    task_id: Ids | SkipJsonSchema[None] = None


class HistoryQuery(StreamQuery):
    """Of a session's or a task's events, which can be had as pages too."""

    limit: Annotated[
        int, Field(ge=1, le=1000, description="Of a page of JSON; a stream has no limit.")
    ] = 200


def start_of(request: Request, query: StreamQuery) -> Start:
    """Raises Problem for a header that no stream could have asked to be sent."""
    if (cursor := _last_event_id(request)) is not None:
        return FromCursor(cursor)
    return start_in(query)


def start_in(query: StreamQuery) -> Start:
    """By the query alone."""
    if query.after is not None:
        return FromCursor(query.after)
    if query.since is not None:
        return Since(query.since)
    if query.replay is not None:
        return Replay(None if query.replay == "all" else int(query.replay))
    return FromNow()


def types_of(query: StreamQuery) -> frozenset[str]:
    """Raises Problem for a type that no event has."""
    try:
        return query.wanted_types
    except InvalidInput as error:
        raise field_problem(
            status=400, code="invalid_parameter", field=error.field, message=str(error)
        ) from error


@contextmanager
def cursor_named(request: Request) -> Iterator[None]:
    """Names an invalid cursor as the client did: `after`, or the header."""
    field = "after" if _last_event_id(request) is None else _HEADER
    try:
        yield
    except InvalidCursor as error:
        raise _invalid_cursor(field, str(error)) from error
    except Problem as problem:
        if problem.code != _INVALID_CURSOR:
            raise
        raise _invalid_cursor(field, problem.errors[0].message) from problem


def ids_of(text: str | None) -> tuple[str, ...]:
    """Each once, in the order given."""
    return tuple(dict.fromkeys(text.split(","))) if text else ()


def _last_event_id(request: Request) -> str | None:
    given = request.headers.getlist("last-event-id")
    if not given:
        return None
    if len(given) > 1 or not given[0] or len(given[0]) > MAX_CURSOR_CHARS:
        raise _invalid_cursor(
            _HEADER, "should be one header with the id of the last event that was seen"
        )
    return given[0]


def _invalid_cursor(field: str, message: str) -> Problem:
    return field_problem(status=400, code=_INVALID_CURSOR, field=field, message=message)
