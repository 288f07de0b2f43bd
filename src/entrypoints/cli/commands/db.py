"""`agentcast db`: upgrade, check and back up the database."""

import asyncio
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from adapters.store import maintenance
from entrypoints.cli.chosen_settings import Config, DataDir, chosen_settings, settings_mistakes
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.findings.finding import findings_of, report_findings
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import process_output
from entrypoints.settings.data_directory import DataDirectory

db = App(name="db")

DatabaseUrl = Annotated[
    str | None, Parameter(help="sqlite:///path or postgresql://…; else that of the settings.")
]


@db.command
def upgrade(
    *, database_url: DatabaseUrl = None, data_dir: DataDir = None, config: Config = None
) -> int:
    """Bring the database to the schema that this version needs; serve does that by itself."""
    settings = chosen_settings(config=config, database_url=database_url, data_dir=data_dir)
    with settings_mistakes():
        DataDirectory(settings.data_dir).make()
    report = asyncio.run(maintenance.upgrade(settings.store_url))
    return report_findings(findings_of(report), process_output())


@db.command
def check(
    *,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Look for damage without changing anything; exit with 1 when there is any."""
    settings = chosen_settings(config=config, database_url=database_url, data_dir=data_dir)
    report = asyncio.run(maintenance.check(settings.store_url))
    return report_findings(findings_of(report), process_output(), as_json=json)


@db.command
def backup(
    target: Annotated[Path, Parameter(help="The file to write; it must not be there yet.")],
    /,
    *,
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> int:
    """Copy the database as it is at one moment; the server may go on working."""
    settings = chosen_settings(config=config, database_url=database_url, data_dir=data_dir)
    asyncio.run(maintenance.backup(settings.store_url, target))
    process_output().line(str(target))
    return ExitCode.COMPLETED
