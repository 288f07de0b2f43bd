"""The server process: locks the data directory, listens, and shuts down in order."""

import asyncio
import gc
import logging
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

import uvicorn

from adapters.http.app import Application, with_lifespan
from adapters.http.protocol.cast_protocol import CastProtocol
from adapters.http.protocol.listening_socket import (
    ACCEPT_BURST,
    BACKLOG,
    AcceptFailures,
    bound_socket,
)
from adapters.http.protocol.request_deadlines import CastServerState
from adapters.http.protocol.websocket_protocol import CastWebSocketProtocol
from adapters.http.streaming.slow_clients import LET_GO_AFTER_S
from adapters.http.websocket.connection import MAX_MESSAGE_BYTES
from domain.errors import AgentcastError
from entrypoints.container import Container, opened, server_worker
from entrypoints.log_format import start_logging
from entrypoints.settings.chosen_model import require_model
from entrypoints.settings.data_directory import DataDirectory, require_workspace
from entrypoints.settings.settings import Settings, SettingsError

log = logging.getLogger(__name__)

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LAST_BYTES_S = 1  # for streams that end, to be written out
_NEW_OBJECTS = 10_000  # container objects more, net, before the next garbage collection


def serve(
    settings: Settings,
    *,
    greet: Callable[[str], None],
    extend: Callable[[Container], None] = lambda container: None,
) -> int:
    """Serve until a signal stops it, and return the exit code. `greet` gets the URL when ready.

    `extend` may add to the container, or swap a part of it, before anything is built.
    Raises SettingsError, StoreUnusable, and other domain errors that keep it from starting.
    """
    start_logging(settings)
    _raise_descriptor_limit()
    require_workspace(settings)
    require_model(settings)
    data = DataDirectory(settings.data_dir)
    data.make()
    with data.owned(), _bound(settings) as listener:
        worker = server_worker(settings, instance=data.instance())
        container = Container(settings=settings, worker_settings=worker, is_sole_parent=True)
        extend(container)
        return run_server(container, listener, greet)


def run_server(container: Container, listener: socket.socket, greet: Callable[[str], None]) -> int:
    """Serve this container on a bound socket."""
    failures: list[AgentcastError] = []

    @asynccontextmanager
    async def opened_here() -> AsyncIterator[None]:
        try:
            async with opened(container):
                yield
        except* AgentcastError as group:
            failures.append(_first_of(group))
            raise

    config = _config(with_lifespan(container.http.application(), opened_here))
    server = CastServer(config, container=container, greet=lambda: greet(_url(listener)))
    # A failure is raised here for the caller to report; uvicorn would log its traceback as well.
    logging.getLogger("uvicorn.error").addFilter(lambda _: not failures)
    gc.set_threshold(_NEW_OBJECTS)  # by default it would take a fifth of a busy server's time
    try:
        asyncio.run(server.serve(sockets=[listener]))
    except SystemExit:
        if not failures:
            raise
    if failures:
        raise failures[0]
    return 0


def _config(app: Application) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        interface="asgi3",
        loop="asyncio",
        http=CastProtocol,
        ws=CastWebSocketProtocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_ping_interval=LET_GO_AFTER_S,
        ws_ping_timeout=LET_GO_AFTER_S,
        lifespan="on",
        backlog=ACCEPT_BURST,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_LAST_BYTES_S,
    )


class CastServer(uvicorn.Server):
    """Ends agents, then streams, before it waits for connections to close."""

    def __init__(
        self, config: uvicorn.Config, *, container: Container, greet: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self.server_state = CastServerState(request_s=container.settings().request_s)
        self._container = container
        self._greet = greet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(AcceptFailures())
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)  # asyncio took the length of a burst for both
        if self.started:
            gc.freeze()  # what was made so far stays: no collection needs to go through it again
            self._greet()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._log_what_it_waits_for()
        await self._container.server.coordinator().drain()
        self._container.streams.watches().end_all("server_draining")
        await self._container.http.stream_takeover().all_ended(timeout_s=_LAST_BYTES_S)
        await self._container.http.websockets().drain(timeout_s=_LAST_BYTES_S)
        await super().shutdown(sockets)
        if self.force_exit:  # uvicorn would leave the store to be torn down half-way
            await self.lifespan.shutdown()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains; the second one kills what still runs."""
        if self.should_exit:
            self.force_exit = True
            self._container.server.coordinator().kill_all()
            # Later, as the handler may have come in the middle of a line of the log.
            asyncio.get_running_loop().call_soon_threadsafe(log.warning, "killing what still runs")
        self.should_exit = True

    def _log_what_it_waits_for(self) -> None:
        if not (running := len(self._container.server.worker().runs)):
            log.info("stopping")
            return
        tasks = "1 task" if running == 1 else f"{running} tasks"
        patience = f"{self._container.settings().shutdown_s:g} s"
        log.warning(
            "stopping; waiting up to %s for %s; press Ctrl-C again to kill what runs",
            patience,
            tasks,
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's own, an end that was asked for is no failure: the exit code is 0."""
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        former = {sig: signal.signal(sig, self.handle_exit) for sig in handled}
        try:
            yield
        finally:
            for sig, handler in former.items():
                signal.signal(sig, handler)


def _first_of(group: BaseExceptionGroup[AgentcastError]) -> AgentcastError:
    """Task groups wrap what passes through them, once each."""
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    """Bound but not yet listening: no client can connect before the store is open."""
    if settings.host not in LOOPBACK:
        raise SettingsError(
            f"AGENTCAST_HOST: {settings.host} is open to others and this server has no login yet; "
            "use 127.0.0.1"
        )
    try:
        listener = bound_socket(host=settings.host, port=settings.port)
    except OSError as error:
        raise SettingsError(
            f"AGENTCAST_PORT: cannot listen on {settings.host}:{settings.port} "
            f"({error.strerror}); choose another with --port"
        ) from error
    with listener:
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _raise_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
