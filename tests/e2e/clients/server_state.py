"""Memory and descriptors of a server process, and its metrics."""

import re
from dataclasses import dataclass
from pathlib import Path

import anyio
import psutil

from tests.e2e.client import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    rss_mb: float
    descriptors: int


def cost_of(pid: int) -> Cost:
    process = psutil.Process(pid)
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Cost(rss_mb=process.memory_info().rss / 1e6, descriptors=descriptors)


async def counted(client: Client, name: str) -> int:
    """A counter of /metrics."""
    text = (await client.request("GET", "/metrics")).text
    found = re.search(rf"^agentcast_{name}_total (\S+)$", text, re.MULTILINE)
    assert found, text
    return int(float(found[1]))


async def watchers_are(client: Client, count: int, *, within_s: float = 5) -> None:
    with anyio.fail_after(within_s):
        while (await client.get("/api/v1/sse/stats"))["total_clients"] != count:
            pass
