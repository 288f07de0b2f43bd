"""Extraction rules in the settings file."""

from pathlib import Path

import pytest

from domain.built_in_rules import BUILT_IN_RULES
from domain.extraction import ExtractionRule
from domain.ids import AgentName
from entrypoints.settings import configured_agents
from entrypoints.settings.agent_settings import profiles_of
from entrypoints.settings.settings import SettingsError, load_settings

RULE = r"""
[agents.lint]
argv = ["ruff"]
built_in_rules = ["urls"]

[[agents.lint.rules]]
name = "found"
pattern = 'Found (?P<count>\d+) errors?'
types.count = "integer"

[[agents.lint.rules]]
name = "failures"
built_in = "error_lines"
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_agent_has_the_rules_of_its_table() -> None:
    Path("agentcast.toml").write_text(RULE)

    profiles = {profile.name: profile for profile in profiles_of(load_settings().agents)}

    [found, failures, urls] = profiles[AgentName("lint")].rules
    assert urls == BUILT_IN_RULES["urls"]
    assert found == ExtractionRule(
        name="found", pattern=r"Found (?P<count>\d+) errors?", types=(("count", "integer"),)
    )
    assert (failures.name, failures.pattern) == ("failures", BUILT_IN_RULES["error_lines"].pattern)


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ('name = "a"\npattern = "("', "rules.0.pattern: is no regular expression"),
        ('name = "a"\njson_path = "x"', "rules.0.json_path: is no path after RFC 9535"),
        ('name = "a"', "give exactly one of pattern, json_path and built_in"),
        ('pattern = "a"', "'' is no name"),
        ('built_in = "urls"\nignore_case = true', "ignore_case is not for a rule"),
        ('built_in = "links"', "rules.0.built_in"),
        ('name = "a"\npatern = "a"', "rules.0.patern"),
    ],
)
def test_a_wrong_rule_stops_the_start_in_one_line(rule: str, error: str) -> None:
    Path("agentcast.toml").write_text(
        f'[agents.lint]\nargv = ["x"]\n[[agents.lint.rules]]\n{rule}\n'
    )

    with pytest.raises(SettingsError) as wrong:
        configured_agents.profiles(load_settings(), kinds={"command", "react"})

    assert error in str(wrong.value)
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    ("line", "reported"),
    [
        ('failure = [{pattern = "("}]', "failure.0.pattern: is no regular expression"),
        ('failure = [{pattern = "a"}, {}]', "failure.1: needs exactly one of"),
        ('failure = [{pattern = "a", reason = "timeout"}]', "failure.0.reason"),
        ('answer = {json_path = "x"}', "answer.json_path: is no path after RFC 9535"),
        ('thread = {pattern = "a"}', "thread: has no use here"),
        ('setup_argv = "git init"', "setup_argv: should be a list"),
    ],
)
def test_a_wrong_outcome_rule_stops_the_start_in_one_line(line: str, reported: str) -> None:
    Path("agentcast.toml").write_text(f'[agents.lint]\nargv = ["x"]\n{line}\n')

    with pytest.raises(SettingsError) as wrong:
        configured_agents.profiles(load_settings(), kinds={"command", "react"})

    assert f"agents.lint.{reported}" in str(wrong.value)
    assert "\n" not in str(wrong.value)
