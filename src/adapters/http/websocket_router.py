"""The route that takes WebSockets in; host and origin were checked before it."""

from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket

from adapters.http.caller import authenticated
from adapters.http.problem import Problem, problem_response
from adapters.http.websockets import WebSockets
from adapters.http.ws_commands import WsCommands
from adapters.http.ws_connection import WsConnection
from application.server_coordinator import ServerCoordinator
from application.watches import Watches
from domain.errors import TaskNotFound
from ports.authenticator import Authenticator


def websocket_router(
    *,
    websockets: WebSockets,
    watches: Watches,
    coordinator: ServerCoordinator,
    authenticator: Authenticator,
) -> APIRouter:
    router = APIRouter()
    commands = WsCommands(coordinator=coordinator)

    @router.websocket("/ws")
    async def websocket(socket: WebSocket) -> None:
        try:
            principal = await authenticated(authenticator, socket.headers)
        except Problem as problem:
            await socket.send_denial_response(problem_response(problem, socket.scope))
            return
        await socket.accept()
        connection = WsConnection(socket, principal=principal, watches=watches, commands=commands)
        with websockets.holding(connection):
            await connection.serve()
        for task_id in connection.to_cancel:
            with suppress(TaskNotFound):  # its session was deleted since
                await coordinator.cancel(principal, task_id, reason="disconnect")

    return router
