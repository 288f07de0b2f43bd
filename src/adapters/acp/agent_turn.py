"""One turn with an agent's process: handshake, prompt, cancellation and end."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from acp.connection import Connection
from acp.exceptions import RequestError

from adapters.acp.agent_log import AgentLog, ArchivedLog
from adapters.acp.agent_pipe import AgentPipe
from adapters.acp.agent_requests import AgentRequests
from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.handshake import Handshake
from adapters.acp.messages import JsonObject, ProtocolError, json_object
from adapters.acp.permissions import Permissions
from adapters.acp.session_updates import SessionUpdates
from adapters.acp.terminals import Terminals
from adapters.acp.turn_end import error_text, process_end_failure, turn_failure, turn_outcome
from adapters.acp.workspace_files import WorkspaceFiles
from domain.agent_thread import AgentThread
from domain.approval import strictest_mode
from domain.task import Approval
from domain.task_events import Error
from domain.usage import Usage
from ports.clock import Clock
from ports.output_archive import ArchiveWriter
from ports.process import Command, ProcessHost, RunningProcess
from ports.runner import Failed, Outcome, RunContext

_DRAIN_S = 2.0


@asynccontextmanager
async def open_turn(
    process: RunningProcess,
    *,
    host: ProcessHost,
    command: Command,
    context: RunContext,
    approval: Approval | None,
    archive: ArchiveWriter,
    clock: Clock,
    lines_before: int = 0,
) -> AsyncIterator["AgentTurn"]:
    """`approval` is the mode of the task; `command` started the process on `host`."""
    profile = context.profile
    rules = ApprovalRules(
        rules=profile.approvals, asked=approval, has_flags=bool(profile.approval_argv)
    )
    updates = SessionUpdates(clock, model=profile.model or "unknown", rules=rules)
    log = AgentLog(redactor=context.redactor, lines_before=lines_before)
    pipe = AgentPipe(process, updates=updates, log=log, emit=ArchivedLog(context, archive).emit)
    permissions = Permissions(context, updates=updates, rules=rules)
    files = WorkspaceFiles(context.workspace)

    async def show(terminal_id: str, text: str) -> None:
        await pipe.emit(updates.terminal_output(terminal_id, text))

    terminals = Terminals(host, command, show=show, fail=pipe.fail)
    requests = AgentRequests(
        pipe=pipe,
        permissions=permissions,
        files=files,
        terminals=terminals,
        offered=profile.acp_capabilities,
    )
    try:
        async with Connection(requests.answer, pipe) as connection:
            yield AgentTurn(
                process,
                context=context,
                connection=connection,
                pipe=pipe,
                updates=updates,
                permissions=permissions,
                terminals=terminals,
                log=log,
                trusts_workspace=strictest_mode(profile.approvals, asked=approval) == "auto",
            )
    finally:
        await terminals.end()


class AgentTurn:
    def __init__(
        self,
        process: RunningProcess,
        *,
        context: RunContext,
        connection: Connection,
        pipe: AgentPipe,
        updates: SessionUpdates,
        permissions: Permissions,
        terminals: Terminals,
        log: AgentLog,
        trusts_workspace: bool,
    ) -> None:
        self._trusts_workspace = trusts_workspace
        self._process = process
        self._context = context
        self._connection = connection
        self._pipe = pipe
        self._updates = updates
        self._permissions = permissions
        self._terminals = terminals
        self._log = log
        self._session_id = ""
        self._answer: asyncio.Future[object] | None = None

    async def begin(self) -> Failed | None:
        """Agree on the protocol version and a session. Raises StartFailed, or returns why not."""
        cwd = await asyncio.to_thread(os.path.realpath, self._context.workspace)
        handshake = Handshake(
            self._ask,
            context=self._context,
            cwd=cwd,
            trusts_workspace=self._trusts_workspace,
        )
        try:
            self._session_id = await handshake.session_id()
            self._updates.set_agent(agent=handshake.agent_name, model=handshake.model)
            if (thread := self._thread) and thread.usage and thread.usage.cost_usd:
                self._updates.usage.resume_from(thread.usage.cost_usd)
        except RequestError as error:
            why = f"The agent refused to start: {error_text(error)}"
            return Failed(error=why, reason="start_failed")
        except ProtocolError as error:
            return Failed(error=str(error), reason="start_failed")
        except ConnectionError:
            return await self._exited(is_started=False)
        return None

    async def prompt(self, text: str) -> Outcome:
        self._updates.accepts_updates = True
        request: JsonObject = {
            "sessionId": self._session_id,
            "prompt": [{"type": "text", "text": text}],
        }
        self._answer = asyncio.ensure_future(self._request("session/prompt", request))
        try:
            answer = json_object(await self._first(self._answer))
        except RequestError as error:
            return turn_failure(error)
        except ProtocolError as error:
            return Failed(error=str(error), reason="agent_error")
        except ConnectionError:
            return await self._exited(is_started=True)
        await self._pipe.emit(self._updates.end(answer))
        if (limit := self._uncounted_limit()) and not self._updates.usage.is_reported:
            message = f"the agent did not report what it used, so that {limit} was not kept"
            await self._context.emit(Error(message=message, phase="limits", recoverable=True))
        return turn_outcome(
            answer,
            last_message=self._updates.last_message,
            was_denied=self._updates.was_denied,
        )

    async def interrupt(self, *, grace_s: float) -> None:
        """Cancel the turn, and wait up to `grace_s` for the agent to end it."""
        self._permissions.cancel_all()
        if self._answer is None or not grace_s:
            return
        self._updates.turn_cancelled()
        with suppress(ConnectionError):
            session = {"sessionId": self._session_id}
            await self._connection.send_notification("session/cancel", session)
            await asyncio.wait(
                {self._answer, self._pipe.failure},
                timeout=grace_s,
                return_when=asyncio.FIRST_COMPLETED,
            )

    @property
    def is_broken(self) -> bool:
        return self._pipe.failure.done()

    async def finish(self) -> None:
        """Call after the exit of the process: emits its remaining output and the open events."""
        answer = _answered(self._answer)
        await self._terminals.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await self._pipe.wait_closed()
        for text in self._updates.unclaimed_output():
            await self._pipe.emit(self._log.stdout_line(text))
        await self._pipe.emit(self._updates.end(answer))
        total_usd = self._updates.usage.conversation_usd
        if total_usd is not None and (thread := self._thread):
            await self._context.keep_thread(replace(thread, usage=Usage(cost_usd=total_usd)))

    @property
    def _thread(self) -> AgentThread | None:
        """The stored conversation, if it is the one of this session."""
        thread = self._context.thread
        return thread if thread and thread.id == self._session_id else None

    def _uncounted_limit(self) -> str:
        limits = self._context.ledger.limits
        if limits.tokens is not None:
            return "limits.tokens"
        return "limits.usd" if limits.usd is not None else ""

    async def _ask(self, method: str, params: JsonObject) -> object:
        asking = asyncio.ensure_future(self._request(method, params))
        try:
            return await self._first(asking)
        finally:
            asking.cancel()

    async def _request(self, method: str, params: JsonObject) -> object:
        answer: object = await self._connection.send_request(method, params)
        return answer

    async def _first(self, request: asyncio.Future[object]) -> object:
        """The answer; raises the failure of the pipe if that comes first."""
        failure = self._pipe.failure
        await asyncio.wait({request, failure}, return_when=asyncio.FIRST_COMPLETED)
        if failure.done():
            request.cancel()
            failure.result()
        return request.result()

    async def _exited(self, *, is_started: bool) -> Failed:
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await self._pipe.wait_closed()
                ended = await self._process.wait()
                last_lines = self._log.last_lines
                return process_end_failure(ended, last_lines=last_lines, is_started=is_started)
        return Failed(
            error="The agent does not read what it is sent.",
            reason="agent_error" if is_started else "start_failed",
        )


def _answered(request: asyncio.Future[object] | None) -> JsonObject:
    """The answer so far; empty if there is none, in which case the request is cancelled."""
    if request is None or request.cancel() or request.cancelled() or request.exception():
        return {}
    return json_object(request.result())
