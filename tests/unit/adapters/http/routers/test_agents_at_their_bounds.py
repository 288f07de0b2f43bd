"""Whatever an agent's profile may hold is shown by every route that shows agents."""

import json
import tomllib
from dataclasses import replace
from typing import get_args

import pytest

from adapters.memory.agents import MemoryProfileStore
from domain.agent_profile import AgentProfile
from domain.built_in_rules import BuiltInRule
from domain.ids import AgentName
from entrypoints.settings.agent_settings import AgentSettings, profiles_of
from tests.http_app import World
from tests.unit.adapters.http.fake_agents import fake_agents

PATH = "/api/v1/agents/x"
LONG = "x" * (64 * 1024)
NAMES = [f"g{number}" for number in range(50)]
GROUPS = "".join(f"(?P<{name}>x)" for name in NAMES)
BROKEN = AgentProfile(
    name=AgentName("broken"),
    kind="command",
    argv=("a",),
    sandbox="maybe",  # type: ignore[arg-type]  # as another version may have stored it
    source="api",
)
AT_THEIR_BOUNDS = [
    {"description": "x" * 2000},
    {"argv": ["a"] * 1000},
    {"argv": ["a", LONG]},
    {"resume_argv": ["{thread}"] * 1000, "parser": "claude-code"},
    {"env": {f"V{number}": "x" for number in range(1000)}},
    {"env": {"V": LONG}},
    {"env_passthrough": [f"V{number}" for number in range(1000)]},
    {"env_passthrough": ["V" * 200]},
    {"workspace": "/" + "x" * 1023},
    {"limits": {"timeout_s": 604_800.0, "idle_s": 604_800.0, "output_bytes": 10 * 2**30}},
    {
        "parser": "claude-code",
        "limits": {"iterations": 10_000, "tool_calls": 100_000, "tokens": 10**9, "usd": 10**6},
    },
    {"on_lost": "requeue", "max_attempts": 1000},
    {"start_s": 604_800.0, "first_output_s": 604_800.0},
    {"memory_bytes": 2**50, "processes": 2**22},
    {"shared_folders": ["/a"] * 1000},
    {"shared_folders": ["/" + LONG[1:]]},
    {"sockets": ["/a"] * 100},
    {"home_files": {f"f{number}": "x" for number in range(100)}},
    {"home_files": {LONG: LONG}},
    {"argv": ["a", "{model}"], "model": "m" * 200, "models": ["m" * 200] * 1000},
    {"rules": [{"name": "x" * 64, "pattern": "x" * 2000}] * 50},
    {"rules": [{"name": "x", "json_path": "$." + "x" * 998}]},
    {"rules": [{"name": "x", "pattern": GROUPS, "types": dict.fromkeys(NAMES, "text")}]},
    *({"rules": [{"built_in": name}]} for name in get_args(BuiltInRule)),
    *({"rules": [{"built_in": name, "name": "x" * 64}] * 50} for name in get_args(BuiltInRule)),
    {"kind": "react", "tools": ["x" * 200] * 1000},
    {"kind": "react", "approvals": {f"{number:0200}": "deny" for number in range(1000)}},
    {"kind": "react", "mcp_servers": {f"s{n}": {"command": "a"} for n in range(100)}},
    {"kind": "react", "mcp_servers": {"s": {"command": LONG, "args": ["a"] * 1000}}},
    {"kind": "react", "mcp_servers": {"s": {"url": "https://" + LONG[8:]}}},
]
BEYOND_WHAT_A_BODY_MAY_HOLD = [
    {"description": "x" * 3000},
    {"rules": [{"name": "x", "pattern": "x" * 3000}, {"name": "x", "json_path": "$." + LONG}]},
    {"rules": [{"name": "x", "pattern": "x"}] * 60},
    {"limits": {"timeout_s": 1e9, "output_bytes": 10**30}, "memory_bytes": 10**30},
    {"start_s": 1e9, "first_output_s": 1e9, "on_lost": "requeue", "max_attempts": 2000},
    {"argv": ["a"] * 2000, "workspace": "/" + LONG},
]


@pytest.mark.parametrize("fields", AT_THEIR_BOUNDS)
async def test_a_profile_at_its_bounds_is_shown_by_every_route(fields: dict[str, object]) -> None:
    body = fields if "kind" in fields else {"argv": ["a"], **fields}
    async with World().client() as client:
        put = await client.put(PATH, json=body)
        got = await client.get(PATH)
        listed = await client.get("/api/v1/agents")

    assert (put.status_code, got.status_code, listed.status_code) == (201, 200, 200), put.text
    assert put.json() == got.json() == listed.json()["items"][-1]


@pytest.mark.parametrize("fields", BEYOND_WHAT_A_BODY_MAY_HOLD)
async def test_what_a_settings_file_may_hold_is_shown_too(fields: dict[str, object]) -> None:
    settings = AgentSettings.model_validate({"argv": ["a"], **fields})
    store = MemoryProfileStore()
    await store.put(profiles_of({"x": settings})[-1])
    world = World(agents=fake_agents(store=store))
    async with world.agents.opened(), world.client() as client:
        got = await client.get(PATH)
        listed = await client.get("/api/v1/agents")

    assert (got.status_code, listed.status_code) == (200, 200)
    assert listed.json()["items"][-1] == got.json()
    assert len(got.text) >= len(json.dumps(fields)) // 2


@pytest.mark.parametrize(
    "line",
    [
        "start_s = inf",
        "first_output_s = inf",
        "limits = { timeout_s = inf }",
        "mcp_servers = { s = { command = 'a', call_s = inf } }",
    ],
)
def test_a_settings_file_holds_no_time_that_an_answer_cannot_show(line: str) -> None:
    with pytest.raises(ValueError, match="finite number"):
        AgentSettings.model_validate(tomllib.loads(line))


async def test_an_agent_that_cannot_be_shown_is_left_out_of_the_list_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = MemoryProfileStore()
    await store.put(BROKEN)
    world = World(agents=fake_agents(store=store))
    async with world.agents.opened(), world.client() as client:
        listed = await client.get("/api/v1/agents")

    assert [agent["name"] for agent in listed.json()["items"]] == ["react", "shell"]
    assert "agent broken cannot be shown: sandbox" in caplog.text


async def test_what_cannot_be_shown_is_refused_and_not_stored() -> None:
    store = MemoryProfileStore()
    await store.put(BROKEN)
    original = replace(BROKEN, name=AgentName("x"), source="config")
    world = World(agents=fake_agents(store=store, more=[original]))
    async with world.client() as client:
        put = await client.put(PATH, json={"description": "new"})

    assert (put.status_code, put.json()["errors"][0]["field"]) == (422, "sandbox")
    assert [profile.name for profile in await store.list()] == ["broken"]
