"""The settings of a command that works in this process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from entrypoints.cli.failure import UsageMistake
from entrypoints.settings.settings import Settings, SettingsError, load_settings

DataDir = Annotated[
    Path | None, Parameter(help="Folder of the database, logs and workspaces; made when missing.")
]
Config = Annotated[Path | None, Parameter(help="The toml file with agents and settings.")]


def chosen_settings(*, config: Path | None = None, **flags: object) -> Settings:
    """Those of the environment and the files, with the flags that were given above them."""
    if config is not None:
        os.environ["AGENTCAST_CONFIG"] = str(config)
    with settings_mistakes():
        return load_settings(**flags)


@contextmanager
def settings_mistakes() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        raise UsageMistake(str(error)) from error
