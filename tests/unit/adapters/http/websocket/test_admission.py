"""Who may open a WebSocket, asked before it is accepted."""

import json

import anyio
import pytest
from fastapi import FastAPI
from starlette.types import Message, Scope

from adapters.http.routers.websocket import websocket_router
from adapters.http.websocket.connection import WebSockets
from application.asking.approvals import Approvals
from application.watching.stream_cap import StreamCap
from application.watching.watches import Watches
from domain.principal import LOCAL, Principal
from tests.approval_fakes import FakeApprovals
from tests.http_app import FakeAuthenticator
from tests.notifiers import notifier_without_watchers
from tests.patience import PATIENCE_S
from tests.pausing_fakes import FakePausing
from tests.terminal_fakes import FakeTerminals
from tests.unit.adapters.http.fake_coordinator import FakeCoordinator

ALICE = Principal(tenant="acme", owner="alice", name="Alice")


class NoWatches(Watches):
    """For clients that leave before they watch anything."""

    def __init__(self) -> None:
        """It holds nothing."""


class Caller:
    """A server's side of one WebSocket, whose client leaves as soon as it is let in."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self._asked: list[Message] = [
            {"type": "websocket.connect"},
            {"type": "websocket.disconnect", "code": 1001},
        ]

    async def receive(self) -> Message:
        return self._asked.pop(0)

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def was_let_in(self) -> bool:
        return str(self.sent[0]["type"]) == "websocket.accept"

    @property
    def refusal(self) -> tuple[int, str]:
        start, body = self.sent[:2]
        return start["status"], json.loads(body["body"])["code"]


def app(principal: Principal | None, cap: StreamCap) -> FastAPI:
    made = FastAPI()
    made.include_router(
        websocket_router(
            websockets=WebSockets(),
            watches=NoWatches(),
            coordinator=FakeCoordinator(),
            approvals=Approvals(store=FakeApprovals().store, notifier=notifier_without_watchers()),
            terminals=FakeTerminals().use,
            pausing=FakePausing().use,
            authenticator=FakeAuthenticator(principal),
            cap=cap,
        )
    )
    return made


async def opened(application: FastAPI) -> Caller:
    caller = Caller()
    scope: Scope = {
        "type": "websocket",
        "path": "/ws",
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    with anyio.fail_after(PATIENCE_S):
        await application(scope, caller.receive, caller.send)
    return caller


async def test_who_is_known_is_let_in_and_gives_the_place_back() -> None:
    cap = StreamCap(most=1)

    callers = [await opened(app(LOCAL, cap)) for _ in range(3)]

    assert [caller.was_let_in for caller in callers] == [True, True, True]
    assert cap.open == 0


async def test_a_stranger_is_asked_to_log_in() -> None:
    caller = await opened(app(None, StreamCap(most=1)))

    assert caller.refusal == (401, "not_authenticated")


@pytest.mark.parametrize("principal", [LOCAL, ALICE])
async def test_at_the_cap_nobody_is_let_in(principal: Principal) -> None:
    cap = StreamCap(most=2, most_each=1)
    cap.admit(ALICE)
    cap.admit(LOCAL)

    caller = await opened(app(principal, cap))

    assert caller.refusal == (429, "limit_reached")
    assert cap.open == 2
