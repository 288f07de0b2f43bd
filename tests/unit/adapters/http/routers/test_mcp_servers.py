"""How operators give an agent MCP servers over HTTP."""

import pytest

from tests.http_app import World

AGENT = "/api/v1/agents/helper"
FILES = {
    "command": "files-server",
    "args": ["--all"],
    "env": {"TOKEN": "canary"},
    "env_passthrough": ["HOME_URL"],
}
TICKETS = {"url": "https://tickets.example/mcp", "headers": {"Authorization": "canary"}}


async def test_servers_are_shown_without_their_secrets() -> None:
    body = {"kind": "react", "tools": ["shell"], "mcp_servers": {"f": FILES, "t": TICKETS}}
    async with World().client() as client:
        put = await client.put(AGENT, json=body)
        got = await client.get(AGENT)

    assert put.status_code == 201
    assert "canary" not in put.text + got.text
    assert got.json()["tools"] == ["shell"]
    assert got.json()["mcp_servers"] == {
        "f": {
            "command": "files-server",
            "args": ["--all"],
            "env_names": ["TOKEN"],
            "env_passthrough": ["HOME_URL"],
            "start_s": 30.0,
            "call_s": 120.0,
        },
        "t": {
            "url": "https://tickets.example/mcp",
            "header_names": ["Authorization"],
            "start_s": 30.0,
            "call_s": 120.0,
        },
    }


@pytest.mark.parametrize(
    ("servers", "field"),
    [
        ({"f": {}}, "mcp_servers"),
        ({"f": {**FILES, **TICKETS}}, "mcp_servers"),
        ({"a b": FILES}, "mcp_servers"),
        ({"f": {"command": "x", "arg": []}}, "mcp_servers.f.arg"),
        ({"f": {"command": 1}}, "mcp_servers.f.command"),
        ({"f": {**FILES, "env_passthrough": ["A B"]}}, "mcp_servers.f.env_passthrough.0"),
    ],
)
async def test_what_is_no_server_is_named(servers: object, field: str) -> None:
    async with World().client() as client:
        response = await client.put(AGENT, json={"kind": "react", "mcp_servers": servers})

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]
