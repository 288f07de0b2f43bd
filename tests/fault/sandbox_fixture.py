"""The folders and secrets of a server of one user, and sandboxed programs that look for them."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.agent_profile import Network
from tests.fault import sandbox_driver
from tests.fault.sandbox_driver import Plan, Ran
from tests.patience import PATIENCE_S

_SOURCE = Path(__file__).parents[2] / "src"
_IS_NEW = "import sys; sys.exit(sys.version_info < (3, 11))"
_NEEDED = ("adapters/process", "adapters/system", "domain", "ports")


@dataclass(frozen=True)
class SandboxFixture:
    """All of it belongs to the user, outside of what other users cannot enter."""

    user: pwd.struct_passwd
    root: Path
    in_tmp: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def outside(self) -> Path:
        """A file of the user's that a sandbox shows, but not to be written."""
        return self.root / "outside"

    @property
    def hidden(self) -> list[Path]:
        return [self.data / "agentcast.db", self.root / "home" / ".ssh" / "id", self.in_tmp]

    def run(
        self,
        programs: Mapping[str, str],
        *,
        workspace: Path | None = None,
        secret_files: Sequence[Path] = (),
        sockets: Sequence[Path] = (),
        network: Network = "none",
    ) -> dict[str, Ran]:
        plan = Plan(
            workspace=str(workspace or self.data / "workspace"),
            hidden_folders=[str(self.data)],
            secret_files=[str(path) for path in secret_files],
            sockets=[str(path) for path in sockets],
            network=network,
            host=self._host(),
            programs=dict(programs),
        )
        file = self.root / "plan.json"
        file.write_text(json.dumps(plan))
        ran = subprocess.run(
            [_interpreter(self.user), str(self.root / "driver.py"), str(file)],
            user=self.user.pw_uid,
            group=self.user.pw_gid,
            extra_groups=[],
            cwd=self.root,
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                "HOME": str(self.root / "home"),
                "PYTHONPATH": str(self.root / "src"),
                "SERVER_SECRET": "canary",
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE_S * 4,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        found: dict[str, Ran] = json.loads(ran.stdout)
        return found

    def give(self, path: Path) -> None:
        os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def _host(self) -> dict[str, object]:
        disk = os.stat(self.root).st_dev
        node = Path(f"/dev/block/{os.major(disk)}:{os.minor(disk)}")
        return {
            "hidden": [str(path) for path in self.hidden],
            "masks": [str(path.parent) for path in self.hidden],
            "outside": str(self.outside),
            "disk": disk,
            "disk_node": str(node.resolve()),
            "setuid": str(self.root / "id"),
        }


@contextmanager
def sandbox_fixture(user: str) -> Iterator[SandboxFixture]:
    entry = pwd.getpwnam(user)
    # Not below /tmp, which a sandbox has of its own.
    root = Path(tempfile.mkdtemp(prefix="sandbox-fixture-", dir="/var/tmp"))
    handle, in_tmp = tempfile.mkstemp(prefix="sandbox-fixture-", dir="/tmp")
    os.close(handle)
    sandbox = SandboxFixture(entry, root, Path(in_tmp))
    try:
        for folder in (sandbox.data / "workspace", root / "home" / ".ssh"):
            folder.mkdir(parents=True)
        for path in sandbox.hidden:
            path.write_text("canary")
        sandbox.outside.write_text("as it was")
        for part in _NEEDED:
            shutil.copytree(_SOURCE / part, root / "src" / part)
        shutil.copy(sandbox_driver.__file__, root / "driver.py")
        for path in (root, sandbox.in_tmp, *root.rglob("*")):
            sandbox.give(path)
        shutil.copy("/usr/bin/id", root / "id")
        (root / "id").chmod(0o4755)
        yield sandbox
    finally:
        shutil.rmtree(root)
        sandbox.in_tmp.unlink()


def _interpreter(user: pwd.struct_passwd) -> str:
    """One that the user may run: that of the tests may lie in the home of root."""
    for path in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        try:
            subprocess.run([path, "-c", _IS_NEW], check=True, user=user.pw_uid, extra_groups=[])
        except (PermissionError, subprocess.CalledProcessError):
            continue
        return path
    raise AssertionError(f"{user.pw_name} can run no Python 3.11 here; install python3")
