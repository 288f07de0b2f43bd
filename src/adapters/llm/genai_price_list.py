"""Prices from the table in the package genai-prices; nothing is downloaded."""

import logging

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price

from domain.usage import Usage

_LOG = logging.getLogger(__name__)


class GenaiPriceList:
    def __init__(self, *, provider: str | None, server_url: str = "") -> None:
        """Prices of the server at that address, else of the provider, if one is named.

        A server that is not in the table has no known prices, even for a model that others sell;
        behind a gateway the provider has to be named.
        """
        self._provider = provider
        self._server_url = server_url

    def cost_of(self, *, model: str, usage: Usage, cache_written_tokens: int = 0) -> float | None:
        counted = PricedUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cached_input_tokens or 0,
            cache_write_tokens=cache_written_tokens,
        )
        try:
            return self._cost(model, counted)
        except LookupError:
            return None
        except ValueError as error:
            _LOG.warning("the tokens of model %s cannot be priced: %s", model, error)
            return None

    def _cost(self, model: str, usage: PricedUsage) -> float | None:
        try:
            found = calc_price(usage, model, provider_api_url=self._server_url)
        except LookupError:
            if self._provider is None:
                raise
            found = calc_price(usage, model, provider_id=self._provider)
        prices = found.model_price
        if prices.input_mtok is None or prices.output_mtok is None:
            return None
        return float(found.total_price)
