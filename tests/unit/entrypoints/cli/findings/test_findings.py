"""What doctor and the database check conclude."""

from pathlib import Path

import pytest

from adapters.store.maintenance import StoreReport
from entrypoints.cli.findings.agents import model_finding
from entrypoints.cli.findings.finding import Finding, findings_of, report_findings
from entrypoints.cli.findings.machine import data_dir_finding
from entrypoints.settings.settings import Settings
from tests.unit.entrypoints.cli.received_events import Pages


@pytest.mark.parametrize(
    ("settings", "verdict", "text"),
    [
        (
            {},
            "warn",
            "scripted, which is no language model: set OPENAI_API_KEY or ANTHROPIC_API_KEY",
        ),
        (
            {"llm_provider": "scripted"},
            "ok",
            "scripted, which is no language model: by AGENTCAST_LLM_PROVIDER",
        ),
        ({"openai_api_key": "k", "llm_model": "m"}, "ok", "openai, model m, by OPENAI_API_KEY"),
        (
            {"openai_base_url": "http://x", "llm_model": "m"},
            "ok",
            "openai at http://x, model m, by OPENAI_BASE_URL",
        ),
        (
            {"llm_provider": "openai"},
            "fail",
            (
                "openai, model gpt-4o, by AGENTCAST_LLM_PROVIDER: OPENAI_API_KEY: "
                "AGENTCAST_LLM_PROVIDER=openai needs it, or OPENAI_BASE_URL for a server that "
                "asks for no key"
            ),
        ),
        (
            {"llm_provider": "openai", "openai_api_key": "k", "llm_model": "m"},
            "ok",
            "openai, model m, by AGENTCAST_LLM_PROVIDER",
        ),
        (
            {"anthropic_api_key": "k", "anthropic_base_url": "http://x", "openai_base_url": "y"},
            "ok",
            "anthropic at http://x, model claude-sonnet-5, by ANTHROPIC_API_KEY",
        ),
        (
            {"anthropic_base_url": "http://x", "llm_provider": "anthropic", "llm_model": "m"},
            "ok",
            "anthropic at http://x, model m, by AGENTCAST_LLM_PROVIDER",
        ),
    ],
)
def test_the_model_is_named_with_what_chose_it(
    settings: dict[str, str], verdict: str, text: str
) -> None:
    finding = model_finding(Settings.model_construct().model_copy(update=_plain(settings)))

    assert (finding.verdict, finding.text) == (verdict, text)


@pytest.mark.parametrize(
    ("report", "verdicts"),
    [
        (StoreReport(current="2", needed="2", problems=()), ["ok"]),
        (StoreReport(current="1", needed="2", problems=()), ["warn"]),
        (StoreReport(current=None, needed="2", problems=()), ["warn"]),
        (StoreReport(current="2", needed="2", problems=("a", "b")), ["fail", "fail"]),
    ],
)
def test_a_database_is_judged_by_its_report(report: StoreReport, verdicts: list[str]) -> None:
    assert [finding.verdict for finding in findings_of(report)] == verdicts


def test_findings_are_a_line_each_and_one_failure_is_a_failure() -> None:
    pages = Pages()
    fine = Finding(verdict="ok", subject="python", text="3.11")
    bad = Finding(verdict="fail", subject="data", text="two\nlines")

    codes = [report_findings([fine], pages.output), report_findings([fine, bad], pages.output)]

    line = "ok    python      3.11\n"
    assert (codes, pages.items) == ([0, 1], (f"{line}{line}fail  data        two lines\n", ""))


def test_checking_the_data_directory_does_not_create_it(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"

    finding = data_dir_finding(folder)

    assert (finding.verdict, finding.text) == ("ok", f"{folder} (made at the first start)")
    assert list(tmp_path.iterdir()) == []


def _plain(given: dict[str, str]) -> dict[str, str | None]:
    keys = ("openai_api_key", "openai_base_url", "anthropic_api_key", "anthropic_base_url")
    return {**dict.fromkeys(("llm_provider", "llm_model", *keys)), **given}
