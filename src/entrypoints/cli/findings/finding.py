"""Findings of `doctor` and of database checks."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from adapters.store import maintenance
from adapters.store.maintenance import StoreReport
from domain.errors import AgentcastError
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.output import Output
from entrypoints.settings.settings import Settings

Verdict = Literal["ok", "warn", "fail"]
_SUBJECT = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    verdict: Verdict
    subject: str
    text: str
    """The result, and for anything but `ok` what to do."""


def report_findings(findings: Iterable[Finding], output: Output, *, as_json: bool = False) -> int:
    """Print a line for each; returns FAILED if one failed."""
    code = ExitCode.COMPLETED
    for finding in findings:
        if as_json:
            output.json(asdict(finding))
        else:
            text = " ".join(finding.text.split())
            output.line(f"{finding.verdict:<4}  {finding.subject:<10}  {text}")
        if finding.verdict == "fail":
            code = ExitCode.FAILED
    return code


def findings_of(report: StoreReport) -> list[Finding]:
    """An outdated schema is only a warning: the next start upgrades it."""
    if report.problems:
        return [
            Finding(verdict="fail", subject=_SUBJECT, text=problem) for problem in report.problems
        ]
    if report.current == report.needed:
        return [Finding(verdict="ok", subject=_SUBJECT, text=f"schema {report.current}")]
    has = f"schema {report.current}" if report.current else "no tables yet"
    text = f"{has}, needs {report.needed}: the next start upgrades it, or agentcast db upgrade"
    return [Finding(verdict="warn", subject=_SUBJECT, text=text)]


async def store_findings(settings: Settings) -> list[Finding]:
    if not settings.database_url and not (settings.data_dir / "agentcast.db").exists():
        return [Finding(verdict="ok", subject=_SUBJECT, text="SQLite, made at the first start")]
    try:
        return findings_of(await maintenance.check(settings.store_url))
    except AgentcastError as error:
        return [Finding(verdict="fail", subject=_SUBJECT, text=str(error))]
