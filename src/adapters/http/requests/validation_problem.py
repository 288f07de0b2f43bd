"""Problems that name every invalid value, and what would be valid."""

from collections.abc import Mapping, Sequence

from adapters.http.problems.problem import FieldError, Problem
from adapters.http.requests.checked_values import ABSOLUTE_PATH, CHOSEN, REPLAY

_WORDS = {
    "extra_forbidden": "there is no such field here",
    "missing": "is required",
    "dict_type": "should be a JSON object",
    "datetime_from_date_parsing": "should be a time after RFC 3339, as 2026-11-21T10:00:00Z",
    "datetime_parsing": "should be a time after RFC 3339, as 2026-11-21T10:00:00Z",
    "timezone_aware": "should be a time with its offset, as 2026-11-21T10:00:00Z",
}
_IDS = "should have 1 to 64 letters, digits and any of . _ : - and be neither . nor .."
_MATCHING = {
    ABSOLUTE_PATH: "should be an absolute path",
    REPLAY: "should be all, or a number of events",
}
"""Messages in place of a regular expression."""


def validation_problem(
    findings: Sequence[Mapping[str, object]], *, body: object = None
) -> Problem:
    """400 for the query and the headers, 422 for the body."""
    errors = [
        FieldError(field=_field(finding, body), message=_message(finding))
        for finding in findings
        # "should be None" for an optional parameter helps no client.
        if finding.get("type") != "none_required"
    ]
    in_body = all(_location(finding)[:1] == ("body",) for finding in findings)
    return Problem(
        status=422 if in_body else 400,
        code="invalid_body" if in_body else "invalid_parameter",
        detail="; ".join(f"{error.field}: {error.message}" for error in errors),
        errors=errors,
    )


def _field(finding: Mapping[str, object], body: object) -> str:
    where, *path = _location(finding)
    # Parameters are flat: what follows the name is an internal step of the validation.
    steps = _taken(path, body) if where == "body" else path[:1]
    context = finding.get("ctx")
    if isinstance(context, Mapping) and "discriminator" in context:
        steps = [*steps, str(context["discriminator"]).strip("'")]
    return ".".join(str(step) for step in steps) or str(where)


def _taken(path: Sequence[object], body: object) -> Sequence[object]:
    """The steps that exist in the body; others name the variant of a union that was tried."""
    if body is None:
        return path
    steps = []
    for place, step in enumerate(path, start=1):
        if isinstance(body, Mapping) and (step in body or place == len(path)):
            steps.append(step)
            body = body.get(step)
        elif isinstance(body, list) and isinstance(step, int) and step < len(body):
            steps.append(step)
            body = body[step]
    return steps


def _location(finding: Mapping[str, object]) -> tuple[object, ...]:
    location = finding.get("loc")
    return location if isinstance(location, tuple) and location else ("request",)


def _message(finding: Mapping[str, object]) -> str:
    context = finding.get("ctx")
    pattern = str(context.get("pattern")) if isinstance(context, Mapping) else ""
    if CHOSEN in pattern:
        return _IDS
    if pattern in _MATCHING:
        return _MATCHING[pattern]
    message = str(finding.get("msg", "is not valid")).removeprefix("Value error, ")
    return _WORDS.get(str(finding.get("type")), message[:1].lower() + message[1:])
