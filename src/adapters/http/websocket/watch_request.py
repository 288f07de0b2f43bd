"""From a `watch` message to what is asked to be watched, by the same rules as over HTTP."""

from collections.abc import Mapping

from pydantic import ValidationError

from adapters.http.problems.problem import Problem, field_problem
from adapters.http.requests.stream_query import FilteredStreamQuery, ids_of, start_in
from adapters.http.requests.validation_problem import validation_problem
from application.watching.stream_request import StreamRequest
from domain.errors import InvalidCursor, InvalidInput
from domain.ids import AgentName, SessionId, TaskId

_LISTS = frozenset({"session_id", "agent_id", "task_id", "types"})
_FIELDS = _LISTS | {"after", "since", "replay", "deltas"}


def watch_request(fields: Mapping[str, object]) -> StreamRequest:
    """Raises Problem, and InvalidInput for a type that no event has."""
    if unknown := fields.keys() - _FIELDS:
        raise field_problem(
            status=400,
            code="invalid_parameter",
            field=min(unknown),
            message="there is no such field here",
        )
    query = _checked({name: _as_in_a_query(name, value) for name, value in fields.items()})
    return StreamRequest(
        session_ids=tuple(map(SessionId, ids_of(query.session_id))),
        agents=tuple(map(AgentName, ids_of(query.agent_id))),
        task_ids=tuple(map(TaskId, ids_of(query.task_id))),
        event_types=query.wanted_types,
        start=start_in(query),
    )


def opening_problem(error: InvalidInput) -> Problem:
    """What a stream answers over HTTP to the same."""
    is_cursor = isinstance(error, InvalidCursor)
    return field_problem(
        status=400,
        code="invalid_cursor" if is_cursor else "invalid_parameter",
        field="after" if is_cursor else error.field,
        message=str(error),
    )


def _as_in_a_query(name: str, value: object) -> object:
    match value:
        case list() if name in _LISTS and all(isinstance(item, str) for item in value):
            return ",".join(value)
        case bool() if name == "deltas":
            return int(value)
        case int() if name == "replay" and not isinstance(value, bool):
            return str(value)
        case str():
            return value
        case int() if name == "deltas":
            return value
        case _:
            raise field_problem(
                status=400,
                code="invalid_parameter",
                field=name,
                message="should be a string" + (" or a list of them" if name in _LISTS else ""),
            )


def _checked(fields: Mapping[str, object]) -> FilteredStreamQuery:
    try:
        return FilteredStreamQuery.model_validate(fields)
    except ValidationError as error:
        findings = error.errors(include_url=False)
        located = [{**finding, "loc": ("query", *finding["loc"])} for finding in findings]
        raise validation_problem(located) from error
