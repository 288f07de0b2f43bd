"""Which worker this process is, and how it works."""

import secrets

from application.running.worker_settings import WorkerSettings
from domain.ids import WorkerId
from entrypoints.settings import Settings


def server_worker(settings: Settings, *, instance: str) -> WorkerSettings:
    """Takes any task, and replaces the server that owned the data directory before."""
    return _worker(settings, name=instance, instance=instance, takes_any=True)


def lone_worker(settings: Settings) -> WorkerSettings:
    """Carries out only what is submitted in its own process."""
    return _worker(settings, name="cli", instance=None, takes_any=False)


def _worker(
    settings: Settings, *, name: str, instance: str | None, takes_any: bool
) -> WorkerSettings:
    return WorkerSettings(
        worker_id=WorkerId(f"{name}.{secrets.token_hex(8)}"),
        instance=instance,
        takes_any=takes_any,
        concurrency=settings.worker_concurrency,
        lease_s=settings.lease_s,
        heartbeat_s=settings.heartbeat_s,
        shutdown_s=settings.shutdown_s,
    )
