"""What a look into the database comes to, as findings."""

from adapters.store import maintenance
from adapters.store.maintenance import StoreReport
from domain.errors import AgentcastError
from entrypoints.cli.findings.finding import Finding
from entrypoints.settings.settings import Settings

_SUBJECT = "database"


def findings_of(report: StoreReport) -> list[Finding]:
    """A schema that is behind is no problem: the next start brings it up to date."""
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
