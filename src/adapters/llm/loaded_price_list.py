"""Loads a price list in the background, so that the first query need not wait."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from domain.usage import Usage
from ports.price_list import PriceList


class LoadedPriceList:
    def __init__(self, load: Callable[[], PriceList]) -> None:
        """Starts loading at once, in a thread."""
        self._load = load
        self._prices: Future[PriceList] = Future()
        threading.Thread(target=self._fetch, name="prices", daemon=True).start()

    def cost_of(self, *, model: str, usage: Usage, cache_written_tokens: int = 0) -> float | None:
        """Blocks only until the list is loaded."""
        return self._prices.result().cost_of(
            model=model, usage=usage, cache_written_tokens=cache_written_tokens
        )

    def _fetch(self) -> None:
        try:
            prices = self._load()
            # The first query unpacks the table.
            prices.cost_of(model="", usage=Usage())
            self._prices.set_result(prices)
        except BaseException as error:  # noqa: BLE001 - boundary: raised by queries
            self._prices.set_exception(error)
