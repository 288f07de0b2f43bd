"""Names tell which values are secret; what a machine needs to read is not."""

from pathlib import Path

import pytest

from adapters.system.environment_secrets import EnvironmentSecrets
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.mcp_server import McpServer


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY",
        "GITHUB_TOKEN",
        "client_secret",
        "DB_PASSWORD",
        "PGPASSWD",
        "X_AUTH",
        "CREDENTIALS",
    ],
)
def test_the_value_of_a_variable_with_such_a_name_is_secret(name: str) -> None:
    assert "the-value" in secrets(env={name: "the-value"})
    assert "the-value" in secrets(passed=(name,), server={name: "the-value"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANG", "en_US.UTF-8"),
        ("GIT_AUTHOR_NAME", "somebody"),
        ("MAX_THINKING_TOKENS", "1000000"),
        ("GOOGLE_APPLICATION_CREDENTIALS", str(Path(__file__))),
        ("TOKEN_URL", "https://example.org/token"),
        ("API_KEY", "short"),
    ],
)
def test_other_values_are_not(name: str, value: str) -> None:
    assert secrets(env={name: value}) == []


def test_variables_that_are_not_passed_on_are_not_looked_for() -> None:
    assert secrets(server={"API_KEY": "the-value"}) == []


def test_the_password_in_a_url_is_secret_whatever_the_variable_is_called() -> None:
    found = secrets(env={"HTTP_PROXY": "http://me:pass%40word@proxy:8080"})

    assert {"pass%40word", "pass@word"} <= set(found)
    assert "http://me" not in "".join(found)


def test_what_mcp_servers_are_given_is_secret() -> None:
    served = McpServer(url="https://example.org", headers={"Authorization": "Bearer the-value"})
    started = McpServer(command="server", env={"API_KEY": "other-value"})

    found = secrets(servers={"one": served, "two": started})

    assert {"the-value", "Bearer the-value", "other-value"} <= set(found)


def test_the_servers_own_keys_are_secret_to_every_agent() -> None:
    profile = AgentProfile(name=AgentName("any"), kind="shell")

    assert "own-key" in EnvironmentSecrets(["own-key"], environment={}).of(profile)


def secrets(
    *,
    env: dict[str, str] | None = None,
    passed: tuple[str, ...] = (),
    server: dict[str, str] | None = None,
    servers: dict[str, McpServer] | None = None,
) -> list[str]:
    profile = AgentProfile(
        name=AgentName("any"),
        kind="shell",
        env=env or {},
        env_passthrough=passed,
        mcp_servers=servers or {},
    )
    return list(EnvironmentSecrets(environment=server or {}).of(profile))
