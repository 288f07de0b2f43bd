"""MCP servers of an agent in the settings file."""

from pathlib import Path

import pytest

from domain.agent_profile import AgentProfile
from domain.mcp_server import McpServer
from entrypoints.settings.configured_agents import profiles
from entrypoints.settings.settings import SettingsError, load_settings

BOTH = """\
[agents.react]
tools = ["read_file", "fetch_url"]
[agents.react.mcp_servers.files]
command = "files-server"
args = ["--all"]
env = {A = "1"}
env_passthrough = ["B"]
[agents.react.mcp_servers.tickets]
url = "https://tickets.example/mcp"
headers = {Authorization = "Bearer x"}
start_s = 5
call_s = 60
"""


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def react(text: str) -> AgentProfile:
    Path("agentcast.toml").write_text(text)
    found = {profile.name: profile for profile in profiles(load_settings(), kinds=_KINDS)}
    return next(profile for name, profile in found.items() if name == "react")


_KINDS = ("react", "shell", "command", "claude-code", "codex", "gemini", "acp")


def test_a_command_and_a_url_can_be_set() -> None:
    profile = react(BOTH)

    assert profile.tools == ("read_file", "fetch_url")
    assert profile.mcp_servers == {
        "files": McpServer(
            command="files-server", args=("--all",), env={"A": "1"}, env_passthrough=("B",)
        ),
        "tickets": McpServer(
            url="https://tickets.example/mcp",
            headers={"Authorization": "Bearer x"},
            start_s=5,
            call_s=60,
        ),
    }


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("x", "", r"react\.mcp_servers\.x: a server needs either a command or a url"),
        ("x", 'command = "a"\nurl = "http://b"', "either a command or a url"),
        ("x", 'url = "b"', "should begin with http"),
        ("x", 'command = "a"\nheaders = {A = "b"}', "headers are for a url"),
        ("x", 'url = "http://b"\nargs = ["a"]', "are for a command"),
        ("x", 'command = "a"\nargs = "b"', "should be a list"),
        ("x", 'command = "a"\nenv_passthrough = ["A B"]', "env_passthrough: 'A B' is no name"),
        ("x", 'comand = "a"', r"mcp_servers\.x\.comand: "),
        ('"a__b"', 'command = "a"', r"react\.mcp_servers: 'a__b' should be 1 to 32 letters"),
    ],
)
def test_an_invalid_server_stops_the_start(name: str, line: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        react(f"[agents.react.mcp_servers.{name}]\n{line}\n")
