"""The wish that a run should rest, until somebody has it go on."""

import asyncio


class PauseSignal:
    def __init__(self) -> None:
        self._resumed_by = ""
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()

    @property
    def is_wanted(self) -> bool:
        return not self._may_go_on.is_set()

    def pause(self) -> None:
        self._may_go_on.clear()

    def resume(self, by: str) -> None:
        self._resumed_by = by
        self._may_go_on.set()

    async def resumed(self) -> str:
        """Wait until it may go on; who wanted that."""
        await self._may_go_on.wait()
        return self._resumed_by
