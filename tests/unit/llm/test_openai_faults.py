"""Every way a model server can fail, as the one error it means; never a wait without end."""

from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from inspect import isasyncgen

import anyio
import pytest

from adapters.llm.deadlines import Deadlines
from adapters.llm.openai_model import OpenAIModel
from domain.errors import ModelRefused, ModelUnavailable
from ports.language_model import ModelPart, ModelRequest, TextDelta, UserMessage
from tests.model_replies import Answer, Cut, HttpFault, Malformed, Reply, Stall, WrongType
from tests.model_server import model_server

KEY = "sk-very-secret"
REQUEST = ModelRequest(messages=[UserMessage(content="hello")], tools=[])


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
async def test_overload_and_faults_of_the_server_may_be_tried_again(status: int) -> None:
    with pytest.raises(ModelUnavailable, match=f"answered {status}: come back later"):
        await ask(HttpFault(status=status, message="come back later"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_other_refusals_of_the_server_are_final(status: int) -> None:
    with pytest.raises(ModelRefused, match=f"answered {status}: not like this"):
        await ask(HttpFault(status=status, message="not like this"))


async def test_a_key_that_the_server_repeats_is_not_shown() -> None:
    with pytest.raises(ModelRefused, match=r"incorrect key: \[key\]") as caught:
        await ask(HttpFault(status=401, message=f"incorrect key: {KEY}"))

    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("0.5", 0.5), ("nan", None), ("-1", None), ("soon", None)]
)
async def test_a_server_says_in_seconds_when_to_come_back(
    header: str, seconds: float | None
) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await ask(HttpFault(status=429, retry_after=header))

    assert caught.value.retry_after_s == seconds


async def test_a_server_says_by_a_date_when_to_come_back() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(HttpFault(status=503, retry_after=date))

    assert caught.value.retry_after_s == pytest.approx(3600, abs=30)


async def test_a_date_in_the_past_means_at_once() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await ask(HttpFault(status=503, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"))

    assert caught.value.retry_after_s == 0


@pytest.mark.parametrize("is_clean", [True, False])
async def test_an_answer_that_is_cut_is_no_answer(is_clean: bool) -> None:
    with pytest.raises(ModelUnavailable, match=r"cut off|connection .* failed"):
        await ask(Cut(text=("half a", " thou"), is_clean=is_clean))


async def test_a_server_that_falls_silent_is_left() -> None:
    async with model_server([Stall(text=("so",))]) as server:
        model = openai_model(server.base_url, idle_timeout_s=0.1)

        with anyio.fail_after(5):
            with pytest.raises(ModelUnavailable, match="sent nothing for too long"):
                await parts_of(model)
            await server.abandoned.wait()


async def test_leaving_a_stream_ends_the_request() -> None:
    async with model_server([Stall(text=("so",))]) as server:
        model = openai_model(server.base_url)

        async with model.opened():
            with anyio.fail_after(5):
                stream = model.stream(REQUEST)
                assert isasyncgen(stream)
                async with aclosing(stream):
                    await anext(stream)
                await server.abandoned.wait()


@pytest.mark.parametrize(
    "stream",
    [
        "data: {oops\n\n",
        "data: [1, 2]\n\n",
        'data: {"choices": 7}\n\n',
        'data: {"choices": [{"delta": {"content": {"a": 1}}}]}\n\n',
        f"data: {'[' * 100_000}\n\n",
    ],
)
async def test_a_stream_that_cannot_be_read_is_no_answer(stream: str) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        await ask(Malformed(stream=stream))


async def test_an_error_within_the_stream_is_told() -> None:
    with pytest.raises(ModelUnavailable, match="reported an error: out of memory"):
        await ask(Malformed(stream='data: {"error": {"message": "out of memory"}}\n\n'))


async def test_an_empty_stream_is_no_answer() -> None:
    with pytest.raises(ModelUnavailable, match="cut off"):
        await ask(Malformed(stream="data: [DONE]\n\n"))


async def test_a_page_is_no_answer() -> None:
    with pytest.raises(ModelUnavailable, match="sent text/html, not an event stream"):
        await ask(WrongType())


async def test_a_server_that_is_not_there_may_be_tried_again() -> None:
    async with model_server([Answer()]) as server:
        gone = server.base_url

    with anyio.fail_after(5), pytest.raises(ModelUnavailable, match=r"connection .* failed"):
        await parts_of(openai_model(gone))


async def test_an_answer_that_is_withheld_is_refused() -> None:
    with pytest.raises(ModelRefused, match="content filter"):
        await ask(Answer(text=("I",), finish_reason="content_filter"))


async def test_text_before_a_fault_is_given() -> None:
    async with model_server([Cut(text=("half a", " thou"))]) as server:
        text = ""

        with pytest.raises(ModelUnavailable):
            async for part in openai_model(server.base_url).stream(REQUEST):
                text += part.text if isinstance(part, TextDelta) else "?"

    assert text == "half a thou"


async def ask(reply: Reply) -> list[ModelPart]:
    async with model_server([reply]) as server:
        with anyio.fail_after(5):
            return await parts_of(openai_model(server.base_url))


async def parts_of(model: OpenAIModel) -> list[ModelPart]:
    return [part async for part in model.stream(REQUEST)]


def openai_model(base_url: str, *, idle_timeout_s: float = 4) -> OpenAIModel:
    return OpenAIModel(
        api_key=KEY, base_url=base_url, model="gpt-x", deadlines=Deadlines(idle_s=idle_timeout_s)
    )
