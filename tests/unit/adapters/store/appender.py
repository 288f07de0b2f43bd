"""A process that appends to a store and prints what was acknowledged, until it is killed."""

import asyncio
import sys

from domain.ids import SessionId
from tests.contract.stores import sql_harness


async def main(url: str, session_id: str) -> None:
    async with sql_harness(url) as harness:
        claim = await harness.start(SessionId(session_id))
        while True:
            stored = await harness.log.append(harness.lines(claim, "x" * 200, "y"))
            sys.stdout.write(f"{claim.task.session_key} {stored[-1].seq} {stored[-1].tag}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
