"""`agentcast extract`, as the process that people put into a pipe."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

WRITTEN = (
    b'\x1b[32m3 passed\x1b[0m in 0.10s\nError: see https://a.b/c\xff\n{"cost": {"usd": 0.25}}\n'
)
TOML = """
[[rules]]
name = "cost"
json_path = "$.cost.usd"

[[rules]]
name = "slow"
pattern = "(a|aa)+$"
"""
_COMMAND = "import sys; from entrypoints.cli.app import main; sys.exit(main())"


def extract(*arguments: str, given: bytes = WRITTEN) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", _COMMAND, "extract", *arguments]
    return subprocess.run(
        command, input=given, capture_output=True, timeout=PATIENCE_S, check=False
    )


def test_every_finding_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(TOML)

    ended = extract("--rules", str(tmp_path / "rules.toml"), "--rule", "test_counts")

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.decode().splitlines() == [
        "1: test_counts: 3 passed (passed=3)",
        "3: cost: 0.25",
    ]


def test_findings_are_json_for_programs(tmp_path: Path) -> None:
    rules = [{"name": "cost", "json_path": "$.cost.usd"}, {"built_in": "test_counts"}]
    (tmp_path / "rules.json").write_text(json.dumps(rules))

    ended = extract("--rules", str(tmp_path / "rules.json"), "--json")

    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"rule": "test_counts", "value": "3 passed", "groups": {"passed": 3}, "line_num": 1},
        {"rule": "cost", "value": 0.25, "line_num": 3},
    ]


def test_a_slow_rule_is_reported_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(TOML)

    ended = extract("--rules", str(tmp_path / "rules.toml"), given=b"a" * 30_000 + b"!\n")

    assert (ended.returncode, ended.stdout) == (0, b"")
    assert b"'slow' takes too long" in ended.stderr


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('[[rules]]\nname = "a"\npattern = "("\n', "rules.0.pattern: is no regular expression"),
        ("x = 1\n", "there is no setting 'x'"),
        ("", "has no rules"),
        ("[[rules", "rules.toml: "),
        ("rules = 1\n", "rules: "),
    ],
)
def test_a_wrong_file_is_one_line_and_exit_code_2(tmp_path: Path, text: str, items: str) -> None:
    (tmp_path / "rules.toml").write_text(text)

    ended = extract("--rules", str(tmp_path / "rules.toml"))

    assert (ended.returncode, ended.stdout) == (2, b"")
    assert items in ended.stderr.decode()
    assert ended.stderr.count(b"\n") == 1


@pytest.mark.parametrize("arguments", [(), ("--rule", "nothing"), ("--rules", "nowhere.toml")])
def test_missing_rules_are_exit_code_2(arguments: tuple[str, ...]) -> None:
    ended = extract(*arguments, given=b"")

    assert (ended.returncode, ended.stdout, ended.stderr.count(b"\n")) == (2, b"", 1)
