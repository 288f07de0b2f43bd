"""Where settings come from, and the errors when they are wrong."""

from pathlib import Path

import pytest

from entrypoints.containers.store import store_kind
from entrypoints.settings.chosen_model import model_kind
from entrypoints.settings.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "AGENTCAST_PORT",
        "PORT",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "ANTHROPIC_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)


def test_a_flag_wins_over_the_environment_and_that_over_the_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert load_settings().port == 8080
    (tmp_path / "agentcast.toml").write_text("port = 1001")
    assert load_settings().port == 1001
    (tmp_path / ".env").write_text("PORT=1002")
    assert load_settings().port == 1002
    monkeypatch.setenv("PORT", "1003")
    assert load_settings().port == 1003
    (tmp_path / ".env").write_text("AGENTCAST_PORT=1006")
    assert load_settings().port == 1006
    monkeypatch.setenv("AGENTCAST_PORT", "1004")
    assert load_settings().port == 1004
    assert load_settings(port=1005).port == 1005


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert load_settings(port=None, host=None) == load_settings()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("AGENTCAST_PROT", "1", "no such setting; did you mean AGENTCAST_PORT?"),
        ("AGENTCAST_PORT", "http", "AGENTCAST_PORT: "),
        ("AGENTCAST_LLM_PROVIDER", "oracle", "'openai', 'anthropic' or 'scripted'"),
        ("AGENTCAST_LEASE_S", "0", "AGENTCAST_LEASE_S: "),
        ("AGENTCAST_APPROVAL_S", "0", "AGENTCAST_APPROVAL_S: Input should be greater than 0"),
        (
            "AGENTCAST_APPROVAL_S",
            "604801",
            "AGENTCAST_APPROVAL_S: Input should be less than or equal to 604800",
        ),
        (
            "AGENTCAST_APPROVAL_S",
            "nan",
            "AGENTCAST_APPROVAL_S: Input should be less than or equal to 604800",
        ),
        ("AGENTCAST_CONFIG", "nowhere.toml", "there is no file nowhere.toml"),
        (
            "AGENTCAST_LEASE_S",
            "5",
            "AGENTCAST_HEARTBEAT_S: 10 is more than a third of AGENTCAST_LEASE_S, 5",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as wrong:
        load_settings()

    assert message in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCAST_ALLOWED_HOSTS", "one.example, two.example")

    assert load_settings().allowed_hosts == ("one.example", "two.example")


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "app.example",
        "null",
        "https://app.example/",
        "https://app.example/app",
        "https://app.example?a",
        "https://me@app.example",
        "https://*.app.example",
        "https://App.example",
        "https://app.example:443",
        "http://app.example:80",
        "https://app.example:",
        "https://",
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setenv("AGENTCAST_CORS_ORIGINS", f"https://right.example,{origin}")

    with pytest.raises(SettingsError) as wrong:
        load_settings()

    assert str(wrong.value).startswith(f"AGENTCAST_CORS_ORIGINS: {origin!r} is no exact origin")
    assert "use scheme://host[:port]" in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_exact_origins_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = (
        "https://app.example",
        "http://app.example:443",
        "http://localhost:5173",
        "http://[::1]:3000",
        "http://127.0.0.1",
        "chrome-extension://abcdefghijklmnop",
    )
    monkeypatch.setenv("AGENTCAST_CORS_ORIGINS", ", ".join(origins))

    assert load_settings().cors_origins == origins


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")

    assert "sk-canary" not in repr(load_settings())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[agents.lint]\nargs = ["ruff"]\n', r"agents\.lint\.args"),
        ('[agents."a/b"]\nargv = ["ls"]\n', "'a/b' is no name"),
        ('[agents.".."]\nargv = ["ls"]\n', "'..' is no name"),
        ('[agents.exec]\nargv = ["ls"]\n', r"agents\.exec is the agent of .*agentcast exec"),
        ("prot = 1\n", "no setting 'prot'; did you mean port?"),
        ("AGENTCAST_PORT = 1\n", "no setting 'AGENTCAST_PORT'"),
        ("[agent.lint]\n", "no setting 'agent'; did you mean agents?"),
        ("port: 1\n", "agentcast.toml: "),
    ],
)
def test_a_wrong_value_in_the_file_is_named_in_one_line(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "agentcast.toml").write_text(text)

    with pytest.raises(SettingsError, match=message) as wrong:
        load_settings()

    assert "\n" not in str(wrong.value)


def test_the_model_is_chosen_by_the_key_or_the_server_that_is_there() -> None:
    assert model_kind(Settings()) == "scripted"
    assert model_kind(Settings(openai_api_key="k")) == "openai"
    assert model_kind(Settings(openai_base_url="http://localhost:1")) == "openai"
    assert model_kind(Settings(openai_api_key="k", llm_provider="scripted")) == "scripted"


def test_the_store_is_chosen_by_its_url(tmp_path: Path) -> None:
    assert store_kind(Settings(data_dir=tmp_path)) == "sqlite"
    assert store_kind(Settings(database_url="postgresql://localhost/x")) == "postgres"
    with pytest.raises(SettingsError, match="'mysql' is no database"):
        store_kind(Settings(database_url="mysql://localhost/x"))
