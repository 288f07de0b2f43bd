"""Finds programs in the PATH that tasks will have."""

import os
import shutil
from collections.abc import Mapping

_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


class PathProgramFinder:
    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def has(self, program: str, *, env: Mapping[str, str]) -> bool:
        if os.sep in program and not os.path.isabs(program):
            return True
        path = env.get("PATH") or self._environment.get("PATH") or _DEFAULT_PATH
        return shutil.which(program, path=path) is not None
