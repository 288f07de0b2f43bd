"""The toml file of settings: its path, and the first mistake in it."""

import os
import tomllib
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path

from domain.agent_profile import COMMAND_LINE

_DEFAULT = "agentcast.toml"


def settings_file() -> Path:
    return Path(os.environ.get("AGENTCAST_CONFIG") or _DEFAULT)


def file_mistake(known: Collection[str]) -> str | None:
    """The first thing that is wrong with the file, in one line; what is not there is not wrong."""
    path = settings_file()
    if not path.is_file():
        return _missing(path)
    try:
        with path.open("rb") as file:
            names = tomllib.load(file)
    except (OSError, ValueError) as error:
        return f"{path}: {error}"
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        return f"{path}: there is no setting {unknown!r}{near_name(unknown, known)}"
    agents = names.get("agents")
    if isinstance(agents, dict) and COMMAND_LINE in agents:
        return (
            f"{path}: agents.{COMMAND_LINE} is the agent of the command agentcast exec;"
            " choose another name"
        )
    return None


def near_name(name: str, known: Collection[str]) -> str:
    """A suggestion to append to a message about an unknown name; empty if none is near."""
    near = get_close_matches(name, known, n=1) or get_close_matches(name.lower(), known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _missing(path: Path) -> str | None:
    was_asked_for = bool(os.environ.get("AGENTCAST_CONFIG"))
    return f"AGENTCAST_CONFIG: there is no file {path}" if was_asked_for else None
