"""`agentcast agents` without a server."""

import json
from pathlib import Path

import pytest

from entrypoints.cli.commands.agents import agents


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_agents_of_the_settings_are_listed_with_missing_programs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "agentcast.toml").write_text('[agents.lint]\nargv = ["no-such-program"]\n')

    assert agents(json=True) == 0
    items = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert agents() == 0
    table = capsys.readouterr().out.splitlines()

    [lint] = [item for item in items if item["name"] == "lint"]
    assert lint == {
        "name": "lint",
        "kind": "command",
        "source": "config",
        "description": "",
        "installed": False,
        "missing": "no-such-program",
    }
    assert table[0].split()[:3] == ["NAME", "KIND", "FROM"]
    assert any("no no-such-program" in line for line in table)
