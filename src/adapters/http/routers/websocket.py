"""The route that takes WebSockets in; host and origin were checked before it."""

from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket

from adapters.http.middleware.error_boundary import unexpected
from adapters.http.problems.error_table import problem_of
from adapters.http.problems.problem import Problem, problem_response
from adapters.http.requests.caller import authenticated
from adapters.http.websocket.commands import WsCommands
from adapters.http.websocket.connection import WebSockets, WsConnection
from application.asking.approvals import Approvals
from application.serving.pausing import Pausing
from application.serving.server_coordinator import ServerCoordinator
from application.serving.task_terminals import TaskTerminals
from application.watching.stream_cap import StreamCap
from application.watching.watches import Watches
from domain.errors import LimitReached, TaskNotFound
from domain.principal import Principal
from ports.authenticator import Authenticator


def websocket_router(
    *,
    websockets: WebSockets,
    watches: Watches,
    coordinator: ServerCoordinator,
    approvals: Approvals,
    terminals: TaskTerminals,
    pausing: Pausing,
    authenticator: Authenticator,
    cap: StreamCap,
) -> APIRouter:
    """A connection counts as one stream under the cap, however many watches it has."""
    router = APIRouter()
    commands = WsCommands(
        coordinator=coordinator, approvals=approvals, terminals=terminals, pausing=pausing
    )

    @router.websocket("/ws")
    async def websocket(socket: WebSocket) -> None:
        try:
            principal = await authenticated(authenticator, socket.headers)
            admission = cap.admit(principal)
        except (Problem, LimitReached) as error:
            await _deny(socket, error)
            return
        try:
            await _serve(socket, principal)
        finally:
            admission.release()

    async def _serve(socket: WebSocket, principal: Principal) -> None:
        await socket.accept()
        connection = WsConnection(socket, principal=principal, watches=watches, commands=commands)
        with websockets.holding(connection):
            await connection.serve()
        for task_id in connection.to_cancel:
            with suppress(TaskNotFound):  # its session was deleted since
                await coordinator.cancel(principal, task_id, reason="disconnect")

    return router


async def _deny(socket: WebSocket, error: Problem | LimitReached) -> None:
    problem = error if isinstance(error, Problem) else problem_of(error)
    await socket.send_denial_response(problem_response(problem or unexpected(), socket.scope))
