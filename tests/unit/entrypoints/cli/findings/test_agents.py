"""The findings of doctor about agents and the programs they need."""

from collections.abc import Mapping

from entrypoints.cli.findings.agents import agent_findings
from entrypoints.cli.findings.finding import Finding
from entrypoints.settings.agent_settings import AgentSettings
from entrypoints.settings.settings import Settings

KINDS = ("react", "shell", "command", "codex", "acp")


class Installed:
    def __init__(self, *programs: str) -> None:
        self._programs = programs

    def has(self, program: str, *, env: Mapping[str, str]) -> bool:
        return program in self._programs


def findings(settings: Settings, *programs: str) -> list[Finding]:
    return agent_findings(settings, kinds=KINDS, programs=Installed(*programs))


def test_usable_agents_are_listed_with_the_default() -> None:
    first, *_ = findings(Settings(), "codex")

    assert (first.verdict, first.text) == ("ok", "codex, react, shell; default react")


def test_a_missing_program_is_reported_with_its_installation() -> None:
    items = [finding.text for finding in findings(Settings())]

    assert (
        "codex would need codex, which is not on the PATH: npm install -g @openai/codex" in items
    )


def test_a_configured_agent_without_its_program_is_a_warning() -> None:
    agents = {
        "lint": AgentSettings(argv=("ruff", "check")),
        "fix": AgentSettings(argv=("ruff", "fix")),
    }

    [*_, last] = findings(Settings(agents=agents))

    assert (last.verdict, last.text) == (
        "warn",
        "fix, lint would need ruff, which is not on the PATH",
    )


def test_invalid_agents_are_a_failure() -> None:
    [only] = findings(Settings(default_agent="nobody"))

    assert (only.verdict, "nobody" in only.text) == ("fail", True)
