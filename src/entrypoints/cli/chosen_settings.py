"""The settings of a verb that runs in this process, with its flags applied."""

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
    """Settings of environment and files, overridden by flags that are not None."""
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
