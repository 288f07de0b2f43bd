"""The description of the whole API, events and errors included, as OpenAPI."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from adapters.http.answers.event_schemas import event_schemas
from adapters.http.answers.frame_schemas import frame_schemas
from adapters.http.problems.problem_schema import ProblemSchema


def description_of(openapi: Callable[[], dict[str, Any]]) -> Callable[[], bytes]:
    """Made once, when first asked for."""

    @cache
    def description() -> bytes:
        api = openapi()
        schemas = api.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(event_schemas(), **frame_schemas(), **_problem_schemas())
        return json.dumps(api).encode()

    return description


def _problem_schemas() -> dict[str, Any]:
    template = "#/components/schemas/{model}"
    problem = TypeAdapter(ProblemSchema).json_schema(ref_template=template)
    return {**problem.pop("$defs"), "Problem": problem}
