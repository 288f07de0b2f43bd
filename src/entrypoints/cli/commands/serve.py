"""`agentcast serve`: runs the server until it is stopped."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from entrypoints.cli.chosen_settings import Config, DataDir, chosen_settings, settings_mistakes
from entrypoints.cli.output import process_output

_FIRST_STEPS = """\
  page  {url}/
  docs  {url}/docs
  try   curl -N {url}/api/v1/tasks -H 'Content-Type: application/json' \
-H 'Accept: text/event-stream' -d '{{"task": "List all files here"}}'
"""


def serve(
    *,
    host: Annotated[str | None, Parameter(help="Address to listen on; loopback only.")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
    database_url: Annotated[str | None, Parameter(help="sqlite:/// or postgresql://")] = None,
    workspace: Annotated[
        Path | None, Parameter(help="One folder for all tasks, instead of one a session.")
    ] = None,
    config: Config = None,
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"] | None,
        Parameter(help="The least that is logged."),
    ] = None,
    log_format: Annotated[
        Literal["console", "json"] | None, Parameter(help="For people or for programs.")
    ] = None,
) -> int:
    """Serve HTTP and carry out what is submitted; SIGTERM or Ctrl-C stops it in good order."""
    settings = chosen_settings(
        config=config,
        host=host,
        port=port,
        data_dir=data_dir,
        database_url=database_url,
        workspace=None if workspace is None else str(workspace.absolute()),
        log_level=log_level,
        log_format=log_format,
    )
    # Imported late, so that wrong settings are reported at once.
    from entrypoints.server import serve as serve_until_stopped

    with settings_mistakes():
        return serve_until_stopped(settings, greet=_greet)


def _greet(url: str) -> None:
    """A line on stdout that programs can wait for, and first steps on stderr."""
    output = process_output()
    with suppress(BrokenPipeError):
        output.line(f"listening on {url}")
    output.write_error(_FIRST_STEPS.format(url=url))
