"""A copy of the tree that may be spoilt, and what the import linter says of it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_RESULT = re.compile(r"^(?P<name>.+?) (?P<result>KEPT|BROKEN)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LintedTree:
    """Only the files of the copy are read: a changed one need not be importable."""

    folder: Path

    @classmethod
    def copied_to(cls, folder: Path) -> "LintedTree":
        caches = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(PROJECT / "src", folder / "src", ignore=caches)
        shutil.copy(PROJECT / ".importlinter", folder)
        return cls(folder)

    def add_import(self, module: str, imported: str) -> None:
        file = self.folder / "src" / (module.replace(".", "/") + ".py")
        file.write_text(f"{file.read_text()}\nimport {imported}  # not allowed here\n")

    def results(self) -> dict[str, str]:
        """`KEPT` or `BROKEN` by the name of the contract."""
        said = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder / "src"), "COLUMNS": "200"},
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        results = {found["name"]: found["result"] for found in _RESULT.finditer(said.stdout)}
        assert results, said.stdout + said.stderr
        return results

    def broken(self) -> list[str]:
        return [name for name, result in self.results().items() if result == "BROKEN"]
