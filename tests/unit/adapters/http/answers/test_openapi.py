"""The API description is complete enough to make clients from."""

from pathlib import Path
from typing import Any

import httpx2

from domain.events import EVENT_CLASSES
from entrypoints.container import Container, server_worker
from entrypoints.settings.settings import Settings
from tests.http_app import World


async def description() -> dict[str, Any]:
    async with World().client() as client:
        answer: dict[str, Any] = (await client.get("/openapi.json")).json()
        return answer


async def test_every_route_is_described_under_the_canonical_prefix_only() -> None:
    paths = (await description())["paths"]

    routes = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    assert routes == {
        "GET /health",
        "GET /ready",
        "GET /metrics",
        "POST /api/v1/tasks",
        "GET /api/v1/tasks",
        "GET /api/v1/tasks/{task_id}",
        "GET /api/v1/tasks/{task_id}/log",
        "HEAD /api/v1/tasks/{task_id}/log",
        "GET /api/v1/tasks/{task_id}/calls/{call_id}/output",
        "HEAD /api/v1/tasks/{task_id}/calls/{call_id}/output",
        "POST /api/v1/tasks/{task_id}/cancel",
        "POST /api/v1/tasks/{task_id}/retry",
        "GET /api/v1/sessions",
        "POST /api/v1/sessions",
        "GET /api/v1/sessions/{session_id}",
        "PATCH /api/v1/sessions/{session_id}",
        "DELETE /api/v1/sessions/{session_id}",
        "POST /api/v1/extraction/test",
        "GET /api/v1/approvals",
        "GET /api/v1/approvals/{approval_id}",
        "POST /api/v1/approvals/{approval_id}",
        "GET /api/v1/agents",
        "GET /api/v1/agents/{name}",
        "PUT /api/v1/agents/{name}",
        "DELETE /api/v1/agents/{name}",
    }


async def test_what_is_a_running_total_of_the_task_is_described_as_that() -> None:
    usage = (await description())["components"]["schemas"]["TokenUsage"]["properties"]

    totals = {name for name, schema in usage.items() if "running total" in str(schema)}
    assert totals == {"total_tokens", "total_cost_usd"}


async def test_every_error_is_described_as_problem_details() -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for item in (await description())["paths"].values():
        for operation in item.values():
            errors = {
                status: response["content"]
                for status, response in operation["responses"].items()
                if status == "default" or status >= "400"
            }
            assert {"400", "421", "500", "default"} <= errors.keys()
            assert all(content == problem for content in errors.values())


async def test_every_operation_has_a_name_of_its_own() -> None:
    paths = (await description())["paths"]

    names = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(names) == len(set(names))


async def test_the_union_of_events_is_described() -> None:
    schemas = (await description())["components"]["schemas"]

    mapping = schemas["AgentEvent"]["discriminator"]["mapping"]
    assert mapping == {
        name: f"#/components/schemas/{event.__name__}" for name, event in EVENT_CLASSES.items()
    }
    assert schemas["TaskFailed"]["required"] == [
        "event_type",
        "seq",
        "timestamp",
        "session_id",
        "task_id",
        "agent",
        "attempt",
        "error",
        "reason",
        "duration_ms",
    ]


async def test_every_reference_leads_somewhere() -> None:
    api = await description()
    known = {f"#/components/schemas/{name}" for name in api["components"]["schemas"]}

    assert references(api) <= known


async def test_nothing_that_is_sent_or_taken_is_ever_null() -> None:
    assert "null" not in kinds(await description())


def references(node: object) -> set[str]:
    return {value for key, value in pairs(node) if key == "$ref"}


def kinds(node: object) -> set[str]:
    return {value for key, value in pairs(node) if key == "type"}


def pairs(node: object) -> set[tuple[str, str]]:
    if isinstance(node, dict):
        own = {(key, value) for key, value in node.items() if isinstance(value, str)}
        return own.union(*map(pairs, node.values()))
    if isinstance(node, list):
        return set().union(*map(pairs, node))
    return set()


BOUNDS = frozenset(
    {"minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum"}
    | {"exclusiveMaximum", "minItems", "maxItems", "minProperties", "maxProperties"}
)


async def test_no_answer_is_bounded_so_that_whatever_was_accepted_can_be_shown(
    tmp_path: Path,
) -> None:
    """Of any route of the server: what is answered is checked against these as well."""
    settings = Settings(data_dir=tmp_path, database_url="memory:")
    worker = server_worker(settings, instance="test")
    app = Container(settings=settings, worker_settings=worker).http.application()
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8080"
    ) as client:
        described = (await client.get("/openapi.json")).json()
    answers = [
        response.get("content", {}).get("application/json", {}).get("schema", {})
        for item in described["paths"].values()
        for operation in item.values()
        for response in operation["responses"].values()
    ]

    # Events are answered as they were encoded, and checked against nothing.
    schemas = described["components"]["schemas"]
    assert bounds_of(answers, schemas, seen={"AgentEvent"}) == set()


def bounds_of(schema: Any, schemas: dict[str, Any], *, seen: set[str]) -> set[str]:
    """The bounds within a schema and what it refers to, by where they are."""
    if isinstance(schema, list):
        return set().union(*(bounds_of(item, schemas, seen=seen) for item in schema))
    if not isinstance(schema, dict):
        return set()
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name in seen:
        return set()
    if name:
        seen.add(name)
        return {f"{name}.{bound}" for bound in bounds_of(schemas[name], schemas, seen=seen)}
    properties = schema.get("properties", {})
    rest = [value for keyword, value in schema.items() if keyword != "properties"]
    return {*BOUNDS & schema.keys()} | bounds_of([*properties.values(), *rest], schemas, seen=seen)
