"""Which tests may run beside each other: those with servers of their own, a file at a time."""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_WITH_SERVERS = "tests/e2e/"


class SideBySide(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """The others start commands under the same few names, and end whatever bears one of them."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(_WITH_SERVERS) else "the others"
