"""A writer that is killed loses nothing that it acknowledged."""

import asyncio
import sys
from pathlib import Path

import anyio
from anyio.streams.text import TextReceiveStream

from adapters.store.maintenance import check
from domain.ids import SessionId, SessionKey
from tests.contract.stores import sql_harness
from tests.patience import PATIENCE_S

_ROUNDS = 3
_THIS_MODULE = "tests.unit.adapters.store.sqlite.test_killed_writer"
"""Run by itself it is the writer."""


async def test_every_acknowledged_event_survives_kill_9(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"

    with anyio.fail_after(PATIENCE_S):
        acknowledged = [
            await _killed_while_appending(url, f"talk-{round}") for round in range(_ROUNDS)
        ]

    assert (await check(url)).problems == []
    async with sql_harness(url) as harness:
        for line in acknowledged:
            key, seq, tag = line.split()
            session_key = SessionKey(int(key))
            seqs = [seq for seq, _ in await harness.written(session_key)]
            assert seqs == list(range(1, len(seqs) + 1))
            assert await harness.log.tag_at(session_key, int(seq)) == tag


async def _killed_while_appending(url: str, session_id: str) -> str:
    """The last complete line that it wrote."""
    command = [sys.executable, "-m", _THIS_MODULE, url, session_id]
    async with await anyio.open_process(command, env={"PYTHONPATH": "src"}) as process:
        assert process.stdout is not None
        text = ""
        async for chunk in TextReceiveStream(process.stdout):
            if text.count("\n") < 300 <= (text + chunk).count("\n"):
                process.kill()
            text += chunk
    return text.rsplit("\n", 1)[0].rsplit("\n", 1)[-1]


async def _append_for_ever(url: str, session_id: str) -> None:
    """Prints each append once it is acknowledged."""
    async with sql_harness(url) as harness:
        claim = await harness.start(SessionId(session_id))
        while True:
            stored = await harness.log.append(harness.lines(claim, "x" * 200, "y"))
            sys.stdout.write(f"{claim.task.session_key} {stored[-1].seq} {stored[-1].tag}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_append_for_ever(*sys.argv[1:]))
