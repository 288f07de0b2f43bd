"""What the models of a provider cost, from a table that is loaded when it is first needed."""

from ports.price_list import PriceList


def prices_of(provider: str, *, server_url: str = "") -> PriceList:
    # The table is a fifth of a second of imports, which the offline model does not need.
    from adapters.llm.genai_price_list import GenaiPriceList

    return GenaiPriceList(provider=provider, server_url=server_url)
