"""Events of the place a task works in: sandbox, git, pull requests, artifacts."""

from dataclasses import dataclass
from typing import Literal

from domain.json_values import require_finite


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxStatus:
    sandbox_id: str
    status: Literal["creating", "running", "stopped", "error"]
    kind: str
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GitOperation:
    operation: Literal["clone", "branch", "commit", "push", "diff"]
    status: Literal["started", "in_progress", "completed", "failed"]
    message: str
    progress: float | None = None
    ref: str | None = None
    sha: str | None = None

    def __post_init__(self) -> None:
        require_finite(self.progress)
        if self.progress is not None and not 0 <= self.progress <= 100:
            raise ValueError(f"progress must be between 0 and 100, not {self.progress}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrCreated:
    pr_url: str
    pr_number: int
    title: str
    head: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactCreated:
    path: str
    size_bytes: int
    sha256: str
    media_type: str


def sandbox_running(sandbox_id: str, kind: str) -> SandboxStatus:
    """Emitted also where there is none, so that a task has the same events on any machine."""
    is_bare = kind == "none"
    return SandboxStatus(
        sandbox_id=sandbox_id,
        status="running",
        kind=kind,
        message="The process has all the rights of the server." if is_bare else None,
    )


WorkspaceEvent = SandboxStatus | GitOperation | PrCreated | ArtifactCreated
