"""Opens a watch for a request and hands it to a response."""

from starlette.requests import Request
from starlette.responses import Response

from adapters.http.answers.links import task_path
from adapters.http.problems.problem import Problem, field_problem
from adapters.http.streaming.response import StreamResponse
from adapters.http.streaming.takeover import StreamTakeover
from application.serving.server_coordinator import ServerCoordinator
from application.watching.stream_request import StreamRequest
from application.watching.watches import Watches
from domain.errors import InvalidCursor, InvalidInput, TaskNotFound, UnknownTask
from domain.principal import Principal
from domain.task import Task


class Streams:
    def __init__(
        self,
        *,
        watches: Watches,
        coordinator: ServerCoordinator,
        takeover: StreamTakeover,
        ping_s: float,
    ) -> None:
        self._watches = watches
        self._coordinator = coordinator
        self._takeover = takeover
        self._ping_s = ping_s

    async def respond(
        self, principal: Principal, asked: StreamRequest, *, is_in_path: bool = False
    ) -> Response:
        """204 when all that was asked for is over and read, which stops an EventSource.

        An unknown task is a bad parameter, unless the path names it.
        """
        try:
            watch = await self._watches.open(principal, asked)
        except UnknownTask as error:
            if is_in_path:
                raise TaskNotFound(str(error)) from error
            raise _bad_parameter(error) from error
        except InvalidInput as error:
            raise _bad_parameter(error) from error
        if watch is None:
            return Response(status_code=204)
        return StreamResponse(
            watch, watches=self._watches, takeover=self._takeover, ping_s=self._ping_s
        )

    async def of_submission(self, request: Request, principal: Principal, task: Task) -> Response:
        """The stream of a task just submitted, from its beginning."""
        watch = await self._watches.open(principal, StreamRequest(task_ids=(task.task_id,)))
        assert watch is not None  # without a cursor there is always something to send
        cancels = task.on_disconnect == "cancel"

        async def cancel() -> None:
            await self._coordinator.cancel(principal, task.task_id, reason="disconnect")

        return StreamResponse(
            watch,
            watches=self._watches,
            takeover=self._takeover,
            ping_s=self._ping_s,
            location=task_path(task.task_id),
            on_left=cancel if cancels else None,
        )


def _bad_parameter(error: InvalidInput) -> Problem:
    return field_problem(
        status=400,
        code="invalid_cursor" if isinstance(error, InvalidCursor) else "invalid_parameter",
        field=error.field,
        message=str(error),
    )
