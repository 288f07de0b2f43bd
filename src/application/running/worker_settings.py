"""How a worker works."""

from dataclasses import dataclass

from domain.ids import WorkerId


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    worker_id: WorkerId
    """`<instance>.<boot>`: the workers of the same instance are the ones that this one replaces."""
    instance: str | None
    """None for a worker that replaces nobody: what others left waits until their leases end."""
    takes_any: bool
    """False for a worker that carries out reserved tasks only."""
    concurrency: int = 128
    lease_s: float = 30.0
    heartbeat_s: float = 10.0
    shutdown_s: float = 8.0
