"""How operators add, change and remove agents over HTTP."""

from typing import Any

import pytest

from domain.principal import Principal
from tests.http_app import FakeAuthenticator, World

LINT = "/api/v1/agents/lint"
COMMAND = {"argv": ["ruff", "check"], "hand_over": "none", "env": {"TOKEN": "canary"}}
GUEST = Principal(tenant="acme", owner="guest", name="Guest")


async def put(path: str, body: object, *, world: World | None = None) -> tuple[int, Any]:
    async with (world or World()).client() as client:
        response = await client.put(path, json=body)
    return response.status_code, response.json()


async def test_an_agent_is_added_and_then_replaced() -> None:
    async with World().client() as client:
        added = await client.put(LINT, json=COMMAND)
        replaced = await client.put(LINT, json={"argv": ["mypy"], "pty": False})
        found = await client.get(LINT)

    assert (added.status_code, added.headers["location"]) == (201, LINT)
    assert (replaced.status_code, replaced.json()) == (200, found.json())
    assert (found.json()["argv"], found.json()["source"]) == (["mypy"], "api")
    assert found.json()["env_names"] == []


async def test_the_answer_names_variables_and_never_shows_what_they_hold() -> None:
    async with World().client() as client:
        put = await client.put(LINT, json={**COMMAND, "home_files": {".netrc": "canary"}})
        got = await client.get(LINT)

    assert "canary" not in put.text + got.text
    assert (got.json()["env_names"], got.json()["home_file_names"]) == (["TOKEN"], [".netrc"])


async def test_everything_that_is_sent_is_shown_again() -> None:
    body = {
        "kind": "claude-code",
        "description": "reviews",
        "argv": ["missing-program", "--model={model}", "{approval}"],
        "resume_argv": ["missing-program", "{thread}", "{model}", "{approval}"],
        "hand_over": "stdin",
        "approval_argv": {"auto": ["--yes"], "deny": []},
        "approvals": {"default": "deny"},
        "keeps_stdin": True,
        "parser": "claude-code",
        "pty": False,
        "env_passthrough": ["ANTHROPIC_API_KEY"],
        "workspace": "/tmp",
        "sandbox": "require",
        "network": "host",
        "sockets": ["/run/postgresql/.s.PGSQL.5432", "/tmp"],
        "limits": {"idle_s": 5.0},
        "on_lost": "requeue",
        "max_attempts": 2,
        "start_s": 1.5,
        "first_output_s": 2.0,
        "memory_bytes": 1000,
        "processes": 10,
        "model": "m",
        "models": ["n"],
        "rules": [{"name": "url", "pattern": "https?://"}],
    }

    status, answer = await put(LINT, body)

    assert (status, {name: answer.get(name) for name in body}) == (201, body)
    assert (answer["installed"], answer["missing"]) == (False, "missing-program")


async def test_rules_for_its_end_its_setup_and_its_conversation_are_shown_again() -> None:
    body = {
        "argv": ["missing-program"],
        "resume_argv": ["missing-program", "{thread}"],
        "setup_argv": ["prepare", "it"],
        "failure": [
            {"pattern": "^Error", "ignore_case": True, "reason": "model_error"},
            {"json_path": "$.error", "reason": "agent_error"},
        ],
        "answer": {"json_path": "$.text"},
        "thread": {"pattern": "session: (.*)"},
    }

    status, answer = await put(LINT, body)

    assert (status, {name: answer.get(name) for name in body}) == (201, body)


async def test_what_an_agent_of_the_protocol_is_offered_and_may_do_is_shown_again() -> None:
    body = {
        "kind": "acp",
        "argv": ["missing-program", "{approval}"],
        "approval_argv": {"auto": [], "deny": ["--plan"]},
        "approvals": {"execute": "deny", "default": "auto"},
        "acp_capabilities": ["fs", "terminal"],
    }

    status, answer = await put(LINT, body)

    assert (status, {name: answer.get(name) for name in body}) == (201, body)


async def test_an_agent_with_a_model_can_first_sum_up_its_task() -> None:
    status, answer = await put(LINT, {"kind": "react", "analysis": True})

    assert (status, answer["analysis"]) == (201, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"argv": "ruff check"}, "argv"),
        ({"argv": [1]}, "argv.0"),
        ({"argv": []}, "argv"),
        ({}, "argv"),
        ({"kind": "comand", "argv": ["a"]}, "kind"),
        ({"argv": ["a"], "args": ["b"]}, "args"),
        ({"argv": ["a"], "parser": "yaml"}, "parser"),
        ({"argv": ["a"], "model": "-m"}, "model"),
        ({"argv": ["a"], "models": ["a", "b\n"]}, "models"),
        ({"argv": ["a"], "analysis": True}, "analysis"),
        ({"kind": "react", "analysis": "yes"}, "analysis"),
        ({"argv": ["a"], "hand_over": "mail"}, "hand_over"),
        ({"argv": ["a"], "acp_capabilities": ["fs"]}, "acp_capabilities"),
        ({"kind": "acp", "argv": ["a"], "acp_capabilities": ["x"]}, "acp_capabilities.0"),
        ({"argv": ["a"], "limits": {"usd": -1}}, "limits.usd"),
        ({"argv": ["a"], "env": {"A=B": "1"}}, "env"),
        ({"argv": ["a"], "env": {"A": 1}}, "env.A"),
        ({"argv": ["a"], "env_passthrough": ["HOME", "A B"]}, "env_passthrough.1"),
        ({"argv": ["a"], "env_passthrough": [""]}, "env_passthrough.0"),
        ({"argv": ["a"], "env_passthrough": ["A\n"]}, "env_passthrough.0"),
        ({"argv": ["a"], "workspace": "here"}, "workspace"),
        ({"argv": ["a"], "home_files": {"../x": ""}}, "home_files"),
        ({"argv": ["a"], "sockets": "/run/s"}, "sockets"),
        ({"argv": ["a"], "sockets": ["run/s"]}, "sockets"),
        ({"argv": ["a"], "sockets": ["/run/s"], "sandbox": "none"}, "sockets"),
        ({"kind": "react", "tools": ["read_file"], "sockets": ["/run/s"]}, "sockets"),
        ({"kind": "react", "argv": ["a"]}, "argv"),
        ({"kind": "shell", "approvals": {"shell": "deny"}}, "approvals"),
        ({"argv": ["a"], "approvals": {"default": "ask"}}, "approvals"),
        ({"argv": ["a"], "approval_argv": {"deny": []}}, "approval_argv"),
        ({"argv": ["a"], "approval_argv": {"never": []}}, "approval_argv.never"),
        ({"argv": ["a"], "approval_argv": {"deny": "-p"}}, "approval_argv.deny"),
        ({"argv": ["a"], "mcp_servers": {"f": {"command": "b"}}}, "mcp_servers"),
        ({"argv": ["a"], "limits": {"tokens": 5}}, "limits.tokens"),
        ({"argv": ["a"], "rules": [{"name": "x", "pattern": "("}]}, "rules.0.pattern"),
        ({"argv": ["a"], "failure": [{"pattern": "("}]}, "failure.0.pattern"),
        ({"argv": ["a"], "failure": [{}]}, "failure.0"),
        ({"argv": ["a"], "failure": [{"pattern": "a", "reason": "x"}]}, "failure.0.reason"),
        ({"argv": ["a"], "answer": {"json_path": "x"}}, "answer.json_path"),
        ({"argv": ["a"], "answer": {"built_in": "urls"}}, "answer.built_in"),
        ({"argv": ["a"], "thread": {"pattern": "a"}}, "thread"),
        ({"argv": ["a"], "resume_argv": ["a", "{thread}"]}, "resume_argv"),
        ({"argv": ["a"], "setup_argv": ["b", "{task}"]}, "setup_argv"),
        ({"argv": ["a"], "setup_argv": [""]}, "setup_argv"),
        ({"argv": ["a"], "model": None}, "model"),
    ],
)
async def test_a_field_that_cannot_be_used_is_named(body: object, field: str) -> None:
    status, answer = await put(LINT, body)

    assert (status, [error["field"] for error in answer["errors"]]) == (422, [field])


@pytest.mark.parametrize("name", ["exec", "a%20b", "x" * 65])
async def test_a_name_that_no_agent_can_have_is_refused(name: str) -> None:
    status, answer = await put(f"/api/v1/agents/{name}", COMMAND)

    assert (status, answer["errors"][0]["field"]) == (422, "name")


async def test_what_is_removed_is_gone() -> None:
    async with World().client() as client:
        await client.put(LINT, json=COMMAND)
        removed = await client.delete(LINT)
        again = await client.delete(LINT)
        found = await client.get(LINT)

    assert (removed.status_code, removed.content) == (204, b"")
    assert (again.status_code, found.status_code) == (404, 404)


async def test_a_built_in_agent_stays_and_comes_back_from_behind_another() -> None:
    path = "/api/v1/agents/shell"
    async with World().client() as client:
        before = await client.get(path)
        refused = await client.delete(path)
        changed = await client.put(path, json={"argv": ["/bin/bash", "-c"]})
        await client.delete(path)
        after = await client.get(path)

    assert (refused.status_code, "built in" in refused.json()["detail"]) == (409, True)
    assert (changed.status_code, changed.json()["kind"]) == (200, "shell")
    assert changed.json()["limits"] == {"timeout_s": 60.0}
    assert after.json() == before.json()


async def test_who_is_no_operator_changes_nothing_and_sees_no_command() -> None:
    world = World(authenticator=FakeAuthenticator(GUEST))
    async with world.client() as client:
        answers = [await client.put(LINT, json=COMMAND), await client.delete(LINT)]
        shell = await client.get("/api/v1/agents/shell")

    codes = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert codes == [(403, "not_allowed")] * 2
    assert not {"argv", "env_names", "env_passthrough"} & shell.json().keys()
