"""One conversation with an agent's process: from the handshake to the end of the turn."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from acp.connection import Connection
from acp.exceptions import RequestError

from adapters.acp.agent_log import AgentLog, KeptLines
from adapters.acp.agent_pipe import AgentPipe
from adapters.acp.agent_requests import AgentRequests
from adapters.acp.agent_trouble import AgentTrouble
from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.handshake import Handshake
from adapters.acp.json_message import JsonObject, json_object
from adapters.acp.permissions import Permissions
from adapters.acp.session_updates import SessionUpdates
from adapters.acp.terminals import Terminals
from adapters.acp.turn_end import death_of, failure_of, outcome_of, refusal_of
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
    kept: ArchiveWriter,
    clock: Clock,
    lines_before: int = 0,
) -> AsyncIterator["AgentTurn"]:
    """`approval` is the task's, `command` what started the process on this host."""
    profile = context.profile
    rules = ApprovalRules(
        rules=profile.approvals, asked=approval, has_flags=bool(profile.approval_argv)
    )
    updates = SessionUpdates(clock, model=profile.model or "unknown", rules=rules)
    log = AgentLog(redactor=context.redactor, lines_before=lines_before)
    pipe = AgentPipe(process, updates=updates, log=log, emit=KeptLines(context, kept).emit)
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
        """Agree on the protocol and a session. Raises StartFailed, or returns why not."""
        cwd = await asyncio.to_thread(os.path.realpath, self._context.workspace)
        handshake = Handshake(
            self._ask,
            context=self._context,
            cwd=cwd,
            trusts_workspace=self._trusts_workspace,
        )
        try:
            self._session_id = await handshake.session_id()
            self._updates.meet(agent=handshake.agent_name, model=handshake.model)
            if (thread := self._thread) and thread.usage and thread.usage.cost_usd:
                self._updates.usage.goes_on_from(thread.usage.cost_usd)
        except RequestError as error:
            why = f"The agent refused to start: {refusal_of(error)}"
            return Failed(error=why, reason="start_failed")
        except AgentTrouble as error:
            return Failed(error=str(error), reason="start_failed")
        except ConnectionError:
            return await self._gone(is_started=False)
        return None

    async def prompt(self, text: str) -> Outcome:
        self._updates.is_heard = True
        request: JsonObject = {
            "sessionId": self._session_id,
            "prompt": [{"type": "text", "text": text}],
        }
        self._answer = asyncio.ensure_future(self._request("session/prompt", request))
        try:
            answer = json_object(await self._first(self._answer))
        except RequestError as error:
            return failure_of(error)
        except AgentTrouble as error:
            return Failed(error=str(error), reason="agent_error")
        except ConnectionError:
            return await self._gone(is_started=True)
        await self._pipe.emit(self._updates.end(answer))
        if (limit := self._uncounted_limit()) and not self._updates.usage.is_reported:
            message = f"the agent did not report what it used, so that {limit} was not kept"
            await self._context.emit(Error(message=message, phase="limits", recoverable=True))
        return outcome_of(
            answer,
            last_message=self._updates.last_message,
            was_denied=self._updates.was_denied,
        )

    async def interrupt(self, *, grace_s: float) -> None:
        """Ask the agent to break its turn off, and give it time to."""
        self._permissions.give_up()
        if self._answer is None or not grace_s:
            return
        self._updates.break_off()
        with suppress(ConnectionError):
            session = {"sessionId": self._session_id}
            await self._connection.send_notification("session/cancel", session)
            await asyncio.wait(
                {self._answer, self._pipe.trouble},
                timeout=grace_s,
                return_when=asyncio.FIRST_COMPLETED,
            )

    @property
    def is_broken(self) -> bool:
        return self._pipe.trouble.done()

    async def finish(self) -> None:
        """When the process has ended: emit the last of what it wrote, and what is owed."""
        answer = _answered(self._answer)
        await self._terminals.end()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await self._pipe.over()
        for text in self._updates.unshown_output():
            await self._pipe.emit(self._log.no_message(text))
        await self._pipe.emit(self._updates.end(answer))
        whole = self._updates.usage.whole_usd
        if whole is not None and (thread := self._thread):
            await self._context.keep_thread(replace(thread, usage=Usage(cost_usd=whole)))

    @property
    def _thread(self) -> AgentThread | None:
        """The kept conversation, if it is this one."""
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
        """The answer; or raise what has befallen the run meanwhile."""
        trouble = self._pipe.trouble
        await asyncio.wait({request, trouble}, return_when=asyncio.FIRST_COMPLETED)
        if trouble.done():
            request.cancel()
            trouble.result()
        return request.result()

    async def _gone(self, *, is_started: bool) -> Failed:
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await self._pipe.over()
                ended = await self._process.wait()
                last_lines = self._log.last_lines
                return death_of(ended, last_lines=last_lines, is_started=is_started)
        return Failed(
            error="The agent does not read what it is sent.",
            reason="agent_error" if is_started else "start_failed",
        )


def _answered(request: asyncio.Future[object] | None) -> JsonObject:
    """Empty where there is no answer yet, and none is waited for any more."""
    if request is None or request.cancel() or request.cancelled() or request.exception():
        return {}
    return json_object(request.result())
