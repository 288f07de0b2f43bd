"""The ReAct agent of a real server, asking a model server over HTTP, with real tools."""

import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.client import Client, client_of, ends_of, types_of
from tests.e2e.running_server import RunningServer, running_server
from tests.e2e.sse_reader import Frame, Json
from tests.model_replies import Answer, AskedCall, Cut, HttpFault, Reply, Stall
from tests.model_server import ModelServer, model_server

Asking = Callable[[Sequence[Reply]], AbstractAsyncContextManager[tuple[Client, ModelServer]]]
"""A client of a server whose model replies so."""

USAGE: Json = {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
WRITE = AskedCall(
    tool_name="write_file",
    arguments=json.dumps({"path": "note.txt", "content": "written by a tool"}),
    call_id="call-1",
)
DONE = Answer(text=("All ", "done."), usage=USAGE)
BUSY = HttpFault(status=429, message="slow down", retry_after="0")
BROKEN = HttpFault(status=500, message="out of order", retry_after="0")


async def test_a_tool_call_is_carried_out_and_the_tokens_are_streamed(asking: Asking) -> None:
    calling = Answer(text=("I will ", "write."), calls=(WRITE,), usage=USAGE)
    async with asking([calling, DONE]) as (client, model):
        seen = await _events_of_task(client, "Write a note")
        written = await client.submit("cat note.txt", session_id="note")
        lines = [one for one in await client.events(written) if one.event == "log"]

    assert [one.data["line"] for one in lines] == ["written by a tool"]
    start, done = (_one(seen, kind) for kind in ("tool_call_start", "tool_call_complete"))
    assert start["tool_name"] == "write_file"
    assert start["arguments"] == json.loads(WRITE.arguments)
    assert (done["call_id"], done["status"]) == (start["call_id"], "ok")
    assert _text(seen) == "I will write.All done."
    assert seen[-1].data["final_answer"] == "All done."
    assert seen[-1].data["total_iterations"] == 2
    assert seen[-1].data["usage"] == {
        "input_tokens": 40,
        "output_tokens": 20,
        "total_tokens": 60,
    }
    assert [one.data["total_tokens"] for one in seen if one.event == "token_usage"] == [30, 60]
    assert len(model.requests) == 2


async def test_a_task_is_done_with_the_model_that_it_names(asking: Asking) -> None:
    async with asking([DONE]) as (client, model):
        await _events_of_task(client, "Do it", model="another-model")
        await _events_of_task(client, "Do it")

    [named, unnamed] = [request["model"] for request in model.requests]
    assert named == "another-model"
    assert unnamed != "another-model"


@pytest.mark.parametrize("fault", [BUSY, BROKEN], ids=["429", "500"])
async def test_a_model_that_is_out_of_order_for_once_is_asked_again(
    asking: Asking, fault: Reply
) -> None:
    async with asking([fault, DONE]) as (client, model):
        seen = await _events_of_task(client, "Do it")

    error = _one(seen, "error")
    assert (error["phase"], error["recoverable"]) == ("model", True)
    assert seen[-1].event == "task_complete"
    assert len(model.requests) == 2


async def test_a_cut_answer_is_void_and_asked_for_again(asking: Asking) -> None:
    async with asking([Cut(text=("half an ",)), DONE]) as (client, _):
        seen = await _events_of_task(client, "Do it")

    assert "void" in str(_one(seen, "error")["message"])
    assert _one(seen, "think_complete")["content"] == "All done."
    assert seen[-1].data["final_answer"] == "All done."


@pytest.mark.parametrize("fault", [BUSY, BROKEN], ids=["429", "500"])
async def test_a_model_that_stays_out_of_order_fails_the_task_cleanly(
    asking: Asking, fault: Reply
) -> None:
    async with asking([fault]) as (client, model):
        seen = await _events_of_task(client, "Do it")

    assert types_of(seen).count("error") == 3
    assert ends_of(seen) == ["task_failed"]
    assert seen[-1].data["reason"] == "model_error"
    assert len(model.requests) == 4


async def test_a_model_that_refuses_is_not_asked_again(asking: Asking) -> None:
    refusal = HttpFault(status=401, message="no such key")
    async with asking([refusal]) as (client, model):
        seen = await _events_of_task(client, "Do it")

    assert ends_of(seen) == ["task_failed"]
    assert seen[-1].data["reason"] == "model_error"
    assert len(model.requests) == 1


async def test_a_model_that_falls_silent_is_given_up_at_the_idle_timeout_of_the_task(
    asking: Asking,
) -> None:
    async with asking([Stall(text=("I am ",))]) as (client, model):
        seen = await _events_of_task(client, "Do it", limits={"idle_s": 1})
        await model.abandoned.wait()

    assert ends_of(seen) == ["task_failed"]
    assert seen[-1].data["reason"] == "idle_timeout"
    assert _text(seen) == "I am "


async def test_a_task_that_waits_for_its_model_can_be_cancelled(asking: Asking) -> None:
    async with asking([Stall(text=("I am ",))]) as (client, model):
        task_id = await client.submit("Do it", session_id="stall", agent="react")
        async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("message_delta")
            await client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
            seen = await stream.to_end()
        await model.abandoned.wait()

    assert ends_of(seen) == ["task_cancelled"]


async def test_a_server_ends_in_time_while_its_agent_waits_for_a_model(tmp_path: Path) -> None:
    async with model_server([Stall(text=("I am ",))]) as model:
        with running_server(tmp_path / "data", OPENAI_BASE_URL=model.base_url) as server:
            async with client_of(server) as client:
                task_id = await client.submit("Do it", session_id="stall", agent="react")
                async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                    await stream.until("message_delta")
                    server.stop()
                    seen = await stream.to_end()
                server.start()
                task = await client.get(f"/api/v1/tasks/{task_id}")
        await model.abandoned.wait()

    assert ends_of(seen) == ["task_interrupted"]
    assert (task["status"], task["reason"]) == ("interrupted", "shutdown")


@pytest.fixture(scope="module")
def model_port() -> Iterator[int]:
    """Kept for the model servers of all these tests, one after another."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.fixture(scope="module")
def thinking_server(
    model_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    with running_server(
        tmp_path_factory.mktemp("thinking") / "data",
        OPENAI_BASE_URL=f"http://127.0.0.1:{model_port}/v1",
        OPENAI_API_KEY="sk-not-a-real-key",
        # One without a price, so that the cost is left out.
        AGENTCAST_LLM_MODEL="loopback",
    ) as server:
        yield server


@pytest.fixture
def asking(thinking_server: RunningServer, model_port: int) -> Asking:
    @asynccontextmanager
    async def asking(replies: Sequence[Reply]) -> AsyncIterator[tuple[Client, ModelServer]]:
        async with (
            model_server(replies, port=model_port) as model,
            client_of(thinking_server) as client,
        ):
            yield client, model

    return asking


async def _events_of_task(client: Client, task: str, **more: object) -> list[Frame]:
    return await client.events(await client.submit(task, session_id="note", agent="react", **more))


def _one(frames: list[Frame], event: str) -> Json:
    [found] = [frame.data for frame in frames if frame.event == event]
    return found


def _text(frames: list[Frame]) -> str:
    return "".join(str(one.data["text"]) for one in frames if one.event == "message_delta")
