"""Starts that must not happen, each refused with one line that names the remedy."""

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli_fork_server import AGENTCAST, run
from tests.e2e.running_server import RunningServer, clean_environment
from tests.patience import PATIENCE_S

WRONG = {
    "AGENTCAST_PROT": ("1", ["AGENTCAST_PORT"]),
    "AGENTCAST_LEASE_S": ("soon", []),
    "AGENTCAST_HOST": ("0.0.0.0", ["127.0.0.1"]),
    "AGENTCAST_DEFAULT_AGENT": ("nobody", ["react"]),
    "AGENTCAST_DATABASE_URL": ("mysql://x", ["sqlite"]),
    "AGENTCAST_WORKSPACE": ("/", ["the whole machine"]),
    "AGENTCAST_CONFIG": ("/nowhere.toml", ["/nowhere.toml"]),
    "AGENTCAST_LLM_PROVIDER": ("anthropic", ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"]),
}
"""A wrong value for each, and what the error names besides."""


def test_a_second_server_on_the_same_data_directory_is_refused(
    shared_server: RunningServer, tmp_path: Path
) -> None:
    stderr = refused_start(tmp_path, "--data-dir", str(shared_server.data_dir))

    assert "another server" in stderr
    assert str(shared_server.data_dir) in stderr


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The error of each wrong setting; two at a time, since a command takes long to start."""

    def refusal(name: str) -> str:
        return refused_start(tmp_path_factory.mktemp("refused"), **{name: WRONG[name][0]})

    with ThreadPoolExecutor(max_workers=2) as some:
        return dict(zip(WRONG, some.map(refusal, WRONG), strict=True))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_stops_the_start_and_is_named(
    refusals: Mapping[str, str], name: str
) -> None:
    for word in (name, *WRONG[name][1]):
        assert word in refusals[name]


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        stderr = refused_start(tmp_path, AGENTCAST_PORT=str(port))

    assert str(port) in stderr


def test_a_database_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "agentcast.db").write_bytes(b"this was never a database" * 400)

    stderr = refused_start(tmp_path)

    assert "agentcast.db is damaged" in stderr
    assert "backup" in stderr


def refused_start(home: Path, *arguments: str, **settings: str) -> str:
    """The one line that it prints before it exits, without having listened."""
    environment = clean_environment(home) | {"AGENTCAST_DATA_DIR": str(home / "data")} | settings
    port = () if "AGENTCAST_PORT" in settings else ("--port=0",)
    command = (AGENTCAST, "serve", *port, *arguments)
    ended = run(*command, cwd=home, env=environment, timeout_s=PATIENCE_S)
    assert ended.returncode not in {0, -6, -11}
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr
