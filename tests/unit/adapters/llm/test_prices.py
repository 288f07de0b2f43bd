"""What the answers of models cost, as far as it is known."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import anyio
import pytest

from adapters.llm.genai_price_list import GenaiPriceList
from adapters.llm.loaded_price_list import LoadedPriceList
from domain.usage import Usage
from ports.language_model import ModelRequest, ModelUsage, UserMessage
from tests.model_apis import SERVED, ModelApi, ModelOptions
from tests.model_replies import Answer
from tests.patience import PATIENCE_S

USAGE = Usage(input_tokens=1_000_000, output_tokens=100_000, total_tokens=1_100_000)
OPENAI = GenaiPriceList(provider=None, server_url="https://api.openai.com/v1")
ANTHROPIC = GenaiPriceList(provider=None, server_url="https://api.anthropic.com")
OWN_URL = "http://127.0.0.1:1/v1"
OWN_SERVER = GenaiPriceList(provider=None, server_url=OWN_URL)
GATEWAY = GenaiPriceList(provider="openai", server_url=OWN_URL)


@dataclass(frozen=True, slots=True)
class FixedPrices:
    """A price for some models, whatever is used of them."""

    prices: Mapping[str, float]

    def cost_of(self, *, model: str, usage: Usage, cache_written_tokens: int = 0) -> float | None:
        return self.prices.get(model)


@pytest.mark.parametrize(
    ("prices", "model", "cost_usd"),
    [
        (OPENAI, "gpt-4o-2024-08-06", 3.5),
        (ANTHROPIC, "claude-haiku-4-5", 1.5),
        (OWN_SERVER, "gpt-4o", None),
        (GATEWAY, "gpt-4o", 3.5),
        (GATEWAY, "qwen2:7b", None),
        (OPENAI, "a-model-of-tomorrow", None),
    ],
)
def test_a_model_has_the_price_of_its_provider_or_none(
    prices: GenaiPriceList, model: str, cost_usd: float | None
) -> None:
    cost = prices.cost_of(model=model, usage=USAGE)

    assert cost == (None if cost_usd is None else pytest.approx(cost_usd))


def test_cached_tokens_cost_less_and_cache_writes_more() -> None:
    cached = Usage(input_tokens=1_000_000, output_tokens=0, cached_input_tokens=1_000_000)
    written = Usage(input_tokens=1_000_000, output_tokens=0)
    model = "claude-haiku-4-5"

    read_cost = ANTHROPIC.cost_of(model=model, usage=cached)
    written_cost = ANTHROPIC.cost_of(model=model, usage=written, cache_written_tokens=1_000_000)

    assert [read_cost, written_cost] == pytest.approx([0.1, 1.25])


def test_impossible_amounts_have_no_price() -> None:
    wrong = Usage(input_tokens=1, output_tokens=1, cached_input_tokens=5)

    assert OPENAI.cost_of(model="gpt-4o", usage=wrong) is None


@pytest.mark.parametrize("served", SERVED, ids=lambda served: served.name)
@pytest.mark.parametrize(
    ("prices", "cost_usd"),
    [({"loopback": 0.25, "m": 0.5}, 0.25), ({"m": 0.5}, 0.5), ({"other": 1.0}, None)],
)
async def test_an_answer_is_priced_by_the_reported_model_else_by_the_requested_one(
    served: ModelApi, prices: Mapping[str, float], cost_usd: float | None
) -> None:
    counts: dict[str, object] = {"prompt_tokens": 20, "completion_tokens": 10}
    answer = Answer(text=("ok",), usage=counts if served.name == "chat" else None)
    request = ModelRequest(messages=[UserMessage(content="hello")], tools=[])

    async with served.by(answer, options=ModelOptions(prices=FixedPrices(prices))) as (model, _):
        with anyio.fail_after(PATIENCE_S):
            parts = [part async for part in model.stream(request)]

    [reported] = [part for part in parts if isinstance(part, ModelUsage)]
    assert (reported.usage.total_tokens, reported.usage.cost_usd) == (30, cost_usd)


def test_a_query_waits_for_a_price_list_loaded_in_the_background() -> None:
    may_load = threading.Event()
    loaded_by: list[str] = []

    def load() -> FixedPrices:
        may_load.wait(5)
        loaded_by.append(threading.current_thread().name)
        return FixedPrices({"m": 0.5})

    prices = LoadedPriceList(load)
    may_load.set()

    assert prices.cost_of(model="m", usage=USAGE) == 0.5
    assert prices.cost_of(model="n", usage=USAGE) is None
    assert loaded_by == ["prices"]


def test_an_error_of_loading_is_raised_by_a_query() -> None:
    def load() -> FixedPrices:
        raise ImportError("no table")

    with pytest.raises(ImportError, match="no table"):
        LoadedPriceList(load).cost_of(model="m", usage=USAGE)
