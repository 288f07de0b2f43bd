"""Each failure of a model server is one error of the port, and no wait is endless."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from inspect import isasyncgen

import anyio
import pytest

from adapters.llm.openai_model import OpenAIModel
from adapters.llm.served_model import Deadlines
from domain.errors import ModelRefused, ModelUnavailable
from ports.language_model import ModelPart, TextDelta
from tests.model_apis import CHAT, HELLO, KEY, RESPONSES, SERVED, ModelApi, ModelOptions
from tests.model_replies import Answer, AskedCall, Cut, HttpFault, Reply, Stall, WrongType
from tests.model_server import model_server
from tests.patience import PATIENCE_S


@pytest.fixture(params=SERVED, ids=lambda served: served.name)
def served(request: pytest.FixtureRequest) -> ModelApi:
    chosen: ModelApi = request.param
    return chosen


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_overload_and_faults_of_the_server_are_retryable(
    served: ModelApi, status: int
) -> None:
    with pytest.raises(ModelUnavailable, match=f"answered {status}: come back later"):
        await ask(served, HttpFault(status=status, message="come back later"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_other_refusals_of_the_server_are_final(served: ModelApi, status: int) -> None:
    with pytest.raises(ModelRefused, match=f"answered {status}: not like this"):
        await ask(served, HttpFault(status=status, message="not like this"))


@pytest.mark.parametrize("served", [CHAT, RESPONSES], ids=lambda served: served.name)
async def test_an_exhausted_quota_is_not_retryable(served: ModelApi) -> None:
    fault = HttpFault(status=429, message="no quota", code="insufficient_quota")

    with pytest.raises(ModelRefused, match="answered 429: no quota"):
        await ask(served, fault)


async def test_without_a_key_no_text_is_masked() -> None:
    fault = HttpFault(status=400, message="there is none")
    async with model_server([fault]) as server:
        model = OpenAIModel(api_key="", base_url=server.base_url, model="m")
        with pytest.raises(ModelRefused, match="there is none"), anyio.fail_after(PATIENCE_S):
            await anext(aiter(model.stream(HELLO)))


async def test_a_key_that_the_server_repeats_is_not_shown(served: ModelApi) -> None:
    with pytest.raises(ModelRefused, match=r"incorrect key: \[key\]") as caught:
        await ask(served, HttpFault(status=401, message=f"incorrect key: {KEY}"))

    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("0.5", 0.5), ("nan", None), ("-1", None), ("soon", None)]
)
async def test_retry_after_may_be_in_seconds(
    served: ModelApi, header: str, seconds: float | None
) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await ask(served, HttpFault(status=429, retry_after=header))

    assert caught.value.retry_after_s == seconds


async def test_retry_after_may_be_a_date(served: ModelApi) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(served, HttpFault(status=503, retry_after=date))

    assert caught.value.retry_after_s == pytest.approx(3600, abs=30)


async def test_retry_after_a_past_date_is_zero(served: ModelApi) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await ask(served, HttpFault(status=503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"))

    assert caught.value.retry_after_s == 0


@pytest.mark.parametrize("is_clean", [True, False])
async def test_a_cut_answer_is_unavailable(served: ModelApi, is_clean: bool) -> None:
    with pytest.raises(ModelUnavailable, match=r"cut off|connection .* failed"):
        await ask(served, Cut(text=("half a", " thou"), is_clean=is_clean))


async def test_a_server_that_falls_silent_is_disconnected(served: ModelApi) -> None:
    options = ModelOptions(deadlines=Deadlines(idle_s=0.1))

    async with served.by(Stall(text=("so",)), options=options) as (model, server):
        with anyio.fail_after(PATIENCE_S):
            with pytest.raises(ModelUnavailable, match=r"sent nothing for too long \(0\.1 s\)"):
                await parts_of(model.stream(HELLO))
            await server.abandoned.wait()


async def test_a_server_that_never_begins_its_answer_is_disconnected(served: ModelApi) -> None:
    options = ModelOptions(deadlines=Deadlines(first_token_s=0.1))

    async with served.by(Stall(), options=options) as (model, server):
        with anyio.fail_after(PATIENCE_S):
            with pytest.raises(ModelUnavailable, match=r"did not begin to answer in 0\.1 s"):
                await parts_of(model.stream(HELLO))
            await server.abandoned.wait()


async def test_leaving_a_stream_ends_the_request(served: ModelApi) -> None:
    async with served.by(Stall(text=("so",))) as (model, server), model.opened():
        with anyio.fail_after(PATIENCE_S):
            stream = model.stream(HELLO)
            assert isasyncgen(stream)
            async with aclosing(stream):
                await anext(stream)
            await server.abandoned.wait()


async def test_leaving_an_endless_answer_ends_the_request(served: ModelApi) -> None:
    text = ["word " * 100] * 2_000

    async with served.by(Stall(text=text)) as (model, server), model.opened():
        with anyio.fail_after(PATIENCE_S):
            stream = model.stream(HELLO)
            assert isasyncgen(stream)
            async with aclosing(stream):
                for _ in range(3):
                    await anext(stream)
            await server.abandoned.wait()


async def test_endless_tool_arguments_are_refused(served: ModelApi) -> None:
    endless = AskedCall(tool_name="write_file", arguments="x" * (4 * 1024 * 1024 + 1))

    with pytest.raises(ModelRefused, match="tool arguments without end"):
        await ask(served, Answer(calls=(endless,)))


async def test_an_html_page_is_no_answer(served: ModelApi) -> None:
    with pytest.raises(ModelUnavailable, match="sent text/html, not an event stream"):
        await ask(served, WrongType())


async def test_an_unreachable_server_is_retryable(served: ModelApi) -> None:
    async with served.by(Answer()) as (model, _):
        pass

    with (
        anyio.fail_after(PATIENCE_S),
        pytest.raises(ModelUnavailable, match=r"connection .* failed"),
    ):
        await parts_of(model.stream(HELLO))


async def test_text_before_a_fault_is_emitted(served: ModelApi) -> None:
    async with served.by(Cut(text=("half a", " thou"))) as (model, _):
        text = ""

        with pytest.raises(ModelUnavailable):
            async for part in model.stream(HELLO):
                text += part.text if isinstance(part, TextDelta) else "?"

    assert text == "half a thou"


async def ask(served: ModelApi, reply: Reply) -> list[ModelPart]:
    async with served.by(reply) as (model, _):
        with anyio.fail_after(PATIENCE_S):
            return await parts_of(model.stream(HELLO))


async def parts_of(stream: AsyncIterator[ModelPart]) -> list[ModelPart]:
    return [part async for part in stream]
