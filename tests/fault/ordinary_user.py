"""The server as a user without any of root's rights, from where that user can read it."""

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_SOURCE = Path(__file__).parents[2] / "src"
_NOBODY = "65534"
_WITHOUT_RIGHTS = (
    *("setpriv", "--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups"),
    *("--inh-caps=-all", "--"),
)
# A server starts processes with its own interpreter.
_TRIAL = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import entrypoints.server"], check=True)
"""
_MAIN = "import sys; from entrypoints.cli.app import main; sys.exit(main())"


@dataclass(frozen=True)
class Launch:
    command: tuple[str, ...]
    settings: dict[str, str]


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """Readable by every user, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="agentcast-test-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@contextmanager
def launch_of_nobody() -> Iterator[Launch]:
    """The folders of this tree may lie where only root may go: they are shown elsewhere too."""
    with folder_for_all() as folder, ExitStack() as shown:
        paths = [folder / "source", folder / "packages"]
        origins = (_SOURCE, Path(sysconfig.get_path("purelib")))
        for path, origin in zip(paths, origins, strict=True):
            shown.enter_context(_shown(origin, path))
        settings = {"PYTHONPATH": ":".join(map(str, paths))}
        yield Launch((*_WITHOUT_RIGHTS, _interpreter(settings), "-c", _MAIN), settings)


@contextmanager
def _shown(origin: Path, path: Path) -> Iterator[None]:
    path.mkdir()
    subprocess.run(["mount", "--bind", "-o", "ro", origin, path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def _interpreter(settings: dict[str, str]) -> str:
    """One that the user may run, and that has what the server needs."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    errors = ""
    for path in (os.path.realpath(sys.executable), f"/usr/local/bin/{name}", f"/usr/bin/{name}"):
        tried = subprocess.run(
            [*_WITHOUT_RIGHTS, path, "-c", _TRIAL],
            cwd="/",
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.returncode == 0:
            return path
        errors += f"\n{path}: {tried.stderr}"
    raise AssertionError(f"an ordinary user can run no server here; install {name}{errors}")
