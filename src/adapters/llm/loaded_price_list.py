"""Loads a table of prices beside the work, so that the first who asks finds it there."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from domain.usage import Usage
from ports.price_list import PriceList


class LoadedPriceList:
    def __init__(self, load: Callable[[], PriceList]) -> None:
        """Begins at once, in a thread of its own."""
        self._load = load
        self._prices: Future[PriceList] = Future()
        threading.Thread(target=self._fetch, name="prices", daemon=True).start()

    def cost_of(self, *, model: str, usage: Usage, cache_written_tokens: int = 0) -> float | None:
        """Waits only while the table is not there yet."""
        return self._prices.result().cost_of(
            model=model, usage=usage, cache_written_tokens=cache_written_tokens
        )

    def _fetch(self) -> None:
        try:
            prices = self._load()
            # The table itself is unpacked by the first question.
            prices.cost_of(model="", usage=Usage())
            self._prices.set_result(prices)
        except BaseException as error:  # noqa: BLE001 - boundary: it is for whoever asks
            self._prices.set_exception(error)
