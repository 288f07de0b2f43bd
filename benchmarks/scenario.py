"""One thing that is measured, and the load it makes on each kind of server."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.figure import Figure
from benchmarks.load import Load, LoadKind
from benchmarks.servers import NAIVE, NCHAN, PRODUCT, Server, ServerKind

EVERY = (NAIVE, NCHAN, PRODUCT)
BY_HAND = (NAIVE, PRODUCT)
ALONE = (PRODUCT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    name: str
    kind: LoadKind
    servers: Sequence[ServerKind]
    figures: Sequence[Figure] = ()
    count: int = 0
    rate: float = 0
    burst: int = 1
    size: int = 200
    watchers: int = 1
    sessions: int = 1
    session: str = "s"
    replay: str = ""
    has_early_watcher: bool = False
    seconds: float = 0
    probes: str = ""
    agent: str = "pulse"
    watch: str = ""
    """The path of a stream of all the sessions, in place of one of each."""
    text: str = ""
    """The text of the task; empty: emit so many events at that rate."""
    settings: dict[str, str] = field(default_factory=dict)
    """Of the product, where its defaults do not allow the load."""

    def load(self, server: Server, kind: ServerKind) -> Load:
        run: dict[str, object] = {
            "count": self.count,
            "rate": self.rate,
            "burst": self.burst,
            "bytes": self.size,
        }
        pulse = json.dumps(run | {"first": "{first}"} if self.watch else run)
        return Load(
            kind=self.kind,
            port=server.port,
            server_pid=server.pid,
            watch=self.watch or kind.watch,
            submit=kind.submit,
            body=kind.body(agent=self.agent, text=self.text or pulse),
            pulse=pulse,
            count=self.count,
            session=self.session,
            watchers=self.watchers,
            sessions=self.sessions,
            replay=f"&replay={self.replay}" if self.replay else "",
            has_early_watcher=self.has_early_watcher,
            seconds=self.seconds,
            probes=self.probes,
        )
