"""What the models of a provider cost, from a table that is loaded once, beside the work."""

from functools import cache, partial

from adapters.llm.loaded_price_list import LoadedPriceList
from ports.price_list import PriceList


@cache
def prices_of(provider: str | None, *, server_url: str = "") -> PriceList:
    return LoadedPriceList(partial(_loaded, provider, server_url))


def _loaded(provider: str | None, server_url: str) -> PriceList:
    # The table is a fifth of a second of imports, which the offline model does not need.
    from adapters.llm.genai_price_list import GenaiPriceList

    return GenaiPriceList(provider=provider, server_url=server_url)
