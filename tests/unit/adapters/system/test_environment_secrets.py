"""Values are secret by the names they have, unless they are ordinary settings."""

from collections import UserDict
from collections.abc import ItemsView, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.system.environment_secrets import EnvironmentSecrets
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.mcp_server import McpServer
from domain.redaction import Redactor

ENDPOINT = "https://example.org"


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
    assert is_secret("the-value", env={name: "the-value"})
    assert is_secret("the-value", passed=(name,), server={name: "the-value"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANG", "en_US.UTF-8"),
        ("GIT_AUTHOR_NAME", "somebody"),
        ("MAX_THINKING_TOKENS", "1000000"),
        ("GOOGLE_APPLICATION_CREDENTIALS", str(Path(__file__))),
        ("TOKEN_URL", "https://example.org/token"),
        ("API_KEY", "short"),
        ("AUTH", "true"),
        ("AUTH_PORT", "8080"),
        ("AUTH_PORT", "8080.25"),
        ("TOKEN_TTL", "604800"),
        ("TOKEN_TTL", "604800s"),
        ("AUTH_MODE", "required"),
        ("AUTH_MODE", "Disabled"),
        ("AUTH_SCHEME", "Bearer"),
        ("COOKIE_SAMESITE", "strict"),
        ("KEYBOARD", "german"),
    ],
)
def test_other_values_are_not(name: str, value: str) -> None:
    assert not is_secret(value, env={name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("PASSWORD", "required"), ("DB_PASS", "12345678"), ("API_KEY", "1234567890ab")],
)
def test_what_looks_ordinary_is_secret_where_nothing_else_is_meant(name: str, value: str) -> None:
    assert is_secret(value, env={name: value})


def test_variables_that_are_not_passed_on_are_not_looked_for() -> None:
    assert not is_secret("the-value", server={"API_KEY": "the-value"})


def test_the_password_in_a_url_is_secret_whatever_the_variable_is_called() -> None:
    env = {"HTTP_PROXY": "http://me:pass%40word@proxy:8080"}

    assert is_secret("pass%40word", env=env)
    assert is_secret("pass@word", env=env)
    assert not is_secret("http://me", env=env)


@pytest.mark.parametrize(
    "server",
    [
        McpServer(url=ENDPOINT, headers={"Authorization": "Bearer the-value"}),
        McpServer(url=ENDPOINT, headers={"X-Anything": "Bearer the-value"}),
        McpServer(url=ENDPOINT, headers={"X-Api-Key": "the-value"}),
        McpServer(url=f"{ENDPOINT}/mcp?api_key=the-value&page=9"),
        McpServer(command="server", env={"API_KEY": "the-value"}),
        McpServer(command="server", args=("--api-key", "the-value")),
        McpServer(command="server", args=("--api-key=the-value",)),
        McpServer(command="server", args=("--header", "Authorization:Bearer the-value")),
        McpServer(command="server", args=("-H", "Authorization: Bearer the-value")),
        McpServer(command="server", args=("--at", f"{ENDPOINT}?token=the-value")),
    ],
)
def test_credentials_of_mcp_servers_are_secret(server: McpServer) -> None:
    assert is_secret("the-value", servers={"one": server})


def test_a_header_of_another_name_and_value_is_none() -> None:
    server = McpServer(url=ENDPOINT, headers={"X-Organisation": "the-value"})

    assert not is_secret("the-value", servers={"one": server})


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("tool", "--keymap", "default-vim"), "default-vim"),
        (("tool", "--token", "{task}"), "{task}"),
        (("tool", "--token", "--verbose"), "--verbose"),
        (("tool", "token", "is-no-option"), "is-no-option"),
        (("tool", "--max-tokens", "100000"), "100000"),
        (("tool", "https://example.org/token"), "https://example.org/token"),
    ],
)
def test_arguments_are_ordinary_unless_their_option_has_a_secret_name(
    argv: tuple[str, ...], word: str
) -> None:
    assert not is_secret(word, argv=argv)
    assert is_secret("the-value", argv=(*argv, "--api-token", "the-value"))


def test_arguments_of_a_setup_are_secret_like_those_of_the_agent() -> None:
    agent = replace(profile(), setup_argv=("tool", "login", "--api-key", "the-value"))

    assert masks(EnvironmentSecrets(environment={}).redactor([agent]), "the-value")


def test_the_secrets_of_all_profiles_are_masked_as_they_are_now() -> None:
    environment = {"API_KEY": "key-before"}
    secrets = EnvironmentSecrets(["own-key"], environment=environment)
    one = profile(env={"API_KEY": "value-of-one"})
    other = profile(env={"API_KEY": "value-of-other"}, passed=("API_KEY",))

    before = secrets.redactor([one, other])
    environment["API_KEY"] = "key-after"
    after = secrets.redactor([other])

    text = "own-key value-of-one value-of-other key-before key-after"
    assert before.text(text) == "[redacted] [redacted] [redacted] [redacted] key-after"
    assert after.text(text) == "[redacted] value-of-one [redacted] key-before [redacted]"


def test_the_same_secrets_are_prepared_once() -> None:
    secrets = EnvironmentSecrets(environment={})
    one = profile(env={"API_KEY": "value-of-one"})

    assert secrets.redactor([one]) is secrets.redactor([one, one])


def test_profiles_are_not_looked_through_again_while_they_and_the_environment_stay() -> None:
    class Counted(UserDict[str, str]):
        looks = 0

        def items(self) -> ItemsView[str, str]:
            self.looks += 1
            return super().items()

    env, environment = Counted(API_KEY="value-of-one"), {"PATH": "/bin"}
    secrets = EnvironmentSecrets(environment=environment)
    one = profile(env=env)

    secrets.redactor([one])
    secrets.redactor([one])
    assert env.looks == 1

    environment["PATH"] = "/usr/bin"
    secrets.redactor([one])
    secrets.redactor([one, profile()])
    assert env.looks == 3


def test_profiles_that_could_not_be_looked_through_are_looked_through_again() -> None:
    class Failing(UserDict[str, str]):
        is_failing = True

        def items(self) -> ItemsView[str, str]:
            if self.is_failing:
                raise OSError("too many open files")
            return super().items()

    env = Failing(API_KEY="value-of-one")
    secrets = EnvironmentSecrets(environment={})
    one = profile(env=env)
    with pytest.raises(OSError, match="open files"):
        secrets.redactor([one])

    env.is_failing = False

    assert masks(secrets.redactor([one]), "value-of-one")


def test_the_servers_own_keys_are_secret_to_every_agent() -> None:
    assert masks(EnvironmentSecrets(["own-key"], environment={}).redactor(()), "own-key")


def profile(
    *,
    argv: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    passed: tuple[str, ...] = (),
    servers: dict[str, McpServer] | None = None,
) -> AgentProfile:
    return AgentProfile(
        name=AgentName("any"),
        kind="shell",
        argv=argv,
        env=env or {},
        env_passthrough=passed,
        mcp_servers=servers or {},
    )


def is_secret(
    text: str,
    *,
    argv: tuple[str, ...] = (),
    env: dict[str, str] | None = None,
    passed: tuple[str, ...] = (),
    server: dict[str, str] | None = None,
    servers: dict[str, McpServer] | None = None,
) -> bool:
    agent = profile(argv=argv, env=env, passed=passed, servers=servers)
    return masks(EnvironmentSecrets(environment=server or {}).redactor([agent]), text)


def masks(redactor: Redactor, text: str) -> bool:
    return redactor.text(f"<{text}>") == "<[redacted]>"
