"""Trying rules over HTTP, and handing them over with a task."""

import pytest

from domain.extraction import ExtractionRule
from tests.http_app import World

COVERAGE = {
    "name": "coverage",
    "pattern": "coverage: (?P<value>[0-9.]+)%",
    "types": {"value": "number"},
}


async def test_rules_are_tried_on_a_text() -> None:
    body = {
        "rules": [COVERAGE, {"built_in": "test_counts"}, {"name": "j", "json_path": "$.a"}],
        "text": '\x1b[32m2 passed\x1b[0m in 0.10s\ncoverage: 93.5%\n{"a": true}',
    }
    async with World().client() as client:
        response = await client.post("/api/v1/extraction/test", json=body)

    assert response.status_code == 200
    assert response.json() == {
        "items": [
            {"rule": "test_counts", "value": "2 passed", "groups": {"passed": 2}, "line_num": 1},
            {"rule": "coverage", "value": 93.5, "line_num": 2},
            {"rule": "j", "value": True, "line_num": 3},
        ]
    }


async def test_a_rule_that_takes_too_long_is_named() -> None:
    body = {"rules": [{"name": "slow", "pattern": "(a|aa)+$"}], "text": "a" * 30_000 + "!"}
    async with World().client() as client:
        response = await client.post("/api/v1/extraction/test", json=body)

    assert response.json() == {"items": [], "too_slow": ["slow"]}


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"name": "a", "pattern": "("}, "1.pattern"),
        ({"name": "a", "json_path": "x"}, "1.json_path"),
        ({"name": "a", "pattern": "b", "types": {"c": "integer"}}, "1.types"),
        ({"name": "a", "pattern": "b", "types": {"c": "date"}}, "1.types.c"),
        ({"pattern": "b"}, "1.name"),
        ({"name": "a b", "pattern": "b"}, "1.name"),
        ({"name": "a"}, "1"),
        ({"name": "a", "pattern": "b", "json_path": "$"}, "1"),
        ({"built_in": "nothing"}, "1.built_in"),
        ({"built_in": "urls", "ignore_case": True}, "1.ignore_case"),
        ({"name": "a", "patern": "b"}, "1.patern"),
        ({"name": "a", "pattern": "b" * 2001}, "1.pattern"),
    ],
)
async def test_a_wrong_rule_is_refused_and_named(rule: dict[str, object], field: str) -> None:
    async with World().client() as client:
        response = await client.post(
            "/api/v1/extraction/test", json={"rules": [COVERAGE, rule], "text": "x"}
        )

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [f"rules.{field}"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rules": [], "text": ""}, "rules"),
        ({"rules": [COVERAGE] * 21, "text": ""}, "rules"),
        ({"rules": [COVERAGE], "text": "\u00e4" * 140_000}, "text"),
        ({"rules": [COVERAGE]}, "text"),
    ],
)
async def test_rules_and_text_are_bounded(body: dict[str, object], field: str) -> None:
    async with World().client() as client:
        response = await client.post("/api/v1/extraction/test", json=body)

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


async def test_half_characters_in_what_is_found_are_replaced() -> None:
    body = {"rules": [{"name": "j", "json_path": "$.a"}], "text": '{"a": "x\\ud800"}'}
    async with World().client() as client:
        response = await client.post("/api/v1/extraction/test", json=body)

    assert response.json()["items"] == [{"rule": "j", "value": "x\ufffd", "line_num": 1}]


async def test_a_task_brings_rules_of_its_own() -> None:
    world = World()
    rules = [{**COVERAGE, "every_match": False}, {"name": "cost", "json_path": "$.cost"}]
    async with world.client() as client:
        response = await client.post("/api/v1/tasks", json={"task": "ls", "extraction": rules})

    assert response.status_code == 202
    assert world.coordinator.asked[0].rules == (
        ExtractionRule(
            name="coverage",
            pattern="coverage: (?P<value>[0-9.]+)%",
            types=(("value", "number"),),
            every_match=False,
        ),
        ExtractionRule(name="cost", json_path="$.cost"),
    )


async def test_a_task_with_an_empty_rule_is_refused() -> None:
    world = World()
    async with world.client() as client:
        response = await client.post(
            "/api/v1/tasks", json={"task": "ls", "extraction": [{"name": "a"}]}
        )

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["extraction.0"]
    assert world.coordinator.asked == []
