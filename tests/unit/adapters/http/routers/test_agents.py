"""What clients can learn of agents."""

from tests.http_app import World


async def test_an_agent_is_shown_with_its_profile_and_state() -> None:
    async with World().client() as client:
        response = await client.get("/api/v1/agents/shell")

    assert response.json() == {
        "name": "shell",
        "kind": "shell",
        "source": "built_in",
        "status": "idle",
        "live_tasks": 0,
        "installed": True,
        "totals": {"completed": 0, "failed": 0, "cancelled": 0, "interrupted": 0},
        "pty": True,
        "sandbox": "auto",
        "network": "none",
        "on_lost": "interrupt",
        "max_attempts": 3,
        "argv": [],
        "hand_over": "argument",
        "keeps_stdin": False,
        "env_names": [],
        "env_passthrough": [],
        "home_file_names": [],
        "start_s": 30.0,
        "limits": {"timeout_s": 60.0},
        "links": {"self": "/api/v1/agents/shell", "stream": "/api/v1/agents/shell/stream"},
    }


async def test_all_agents_are_listed() -> None:
    async with World().client() as client:
        response = await client.get("/api/agents")

    assert [agent["name"] for agent in response.json()["items"]] == ["react", "shell"]


async def test_an_unknown_agent_is_not_found() -> None:
    async with World().client() as client:
        response = await client.get("/api/v1/agents/nobody")

    assert (response.status_code, response.json()["code"]) == (404, "agent_not_found")
