"""A stream of a screen over plain ASGI."""

import anyio
from starlette.types import Message

from adapters.http.streaming.screen_stream import ScreenStream
from adapters.terminal.pyte_screens import PyteScreens
from application.programs.live_screen import LiveScreen
from application.serving.task_terminals import ScreenWatch
from application.watching.stream_cap import StreamCap
from domain.principal import LOCAL
from tests.patience import PATIENCE_S


async def _stays() -> Message:
    await anyio.sleep_forever()
    raise AssertionError


async def test_a_client_that_reads_nothing_loses_its_place() -> None:
    cap = StreamCap(most=1)
    watch = ScreenWatch(LiveScreen(PyteScreens(), rows=2, columns=10))
    stream = ScreenStream(watch, admission=cap.admit(LOCAL), ping_s=60, send_timeout_s=0.01)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await anyio.sleep_forever()

    with anyio.fail_after(PATIENCE_S):
        await stream({"type": "http"}, _stays, send)

    assert cap.open == 0
