"""Schedules tests over workers: end-to-end files in parallel, all others on one worker."""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_WITH_SERVERS = "tests/e2e/"


class ParallelE2EFiles(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """The others start commands with the same few markers, and kill all processes with one."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(_WITH_SERVERS) else "the others"
