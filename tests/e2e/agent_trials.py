"""Tries every column of the table of agents on one of them, with its model scripted."""

import json
import re
from collections import defaultdict
from pathlib import Path

import anyio

from tests.agent_model_server import FINAL, Asked, shell_call, writes_hello
from tests.e2e.client import Client
from tests.e2e.live_processes import processes_of
from tests.e2e.sse_reader import Frame, Json
from tests.model_replies import Answer, HttpFault, Reply, Stall
from tests.model_wires.wire import INPUT_TOKENS, OUTPUT_TOKENS

Trial = tuple[str, str]
"""An agent, and a column of the table."""

_MARK = re.compile(r"trial ([a-z-]+) ([a-z0-9]+)")
_PLAIN = ("aider", "mini-swe-agent", "llm")
"""Agents of which a trial sees only the requests to their model."""
_STATUSES = ("400", "401", "429", "500")
_GIVES_UP_S = 400  # the slowest took 240 s, beside nothing else
_SILENT_S, _DEADLINE_S = 10, 15
_PATIENCE_S = 120
_STARTS = 4


class Script:
    """Acts as the model of all trials, which a request names in the text of its task."""

    def __init__(self) -> None:
        self.asked: dict[Trial, list[str]] = defaultdict(list)
        """The bodies of the requests."""
        self._is_asked: dict[Trial, anyio.Event] = defaultdict(anyio.Event)

    def reply(self, asked: Asked) -> Reply:
        body = json.dumps(asked.body)
        # The last that is spoken of: a conversation holds those of earlier tasks too.
        agent, column = (_MARK.findall(body) or [("", "")])[-1]
        self.asked[agent, column].append(body)
        self._is_asked[agent, column].set()
        if column in _STATUSES:
            return HttpFault(status=int(column), message=f"the model says {column}")
        if column in ("cancel", "deadline", "idle"):
            return _waits(asked, agent)
        if agent == "aider":
            return Answer(text=("hello.txt\n```\n", "hello\n```\n"))
        return writes_hello(asked)

    async def is_asked(self, trial: Trial) -> None:
        await self._is_asked[trial].wait()


def _waits(asked: Asked, agent: str) -> Reply:
    """In a tool call; where it offers none, or has given it up, its model lets it wait."""
    call = shell_call(asked, "sleep 300")
    if asked.wire.has_tool_results(asked.body) or agent in ("aider", "llm"):
        return Stall()
    if call is None:
        return Answer(text=(FINAL,))
    return Answer(text=("I wait.",), calls=(call,))


class Trials:
    def __init__(self, client: Client, script: Script) -> None:
        self._client = client
        self._script = script
        self._starting = anyio.CapacityLimiter(_STARTS)
        self.cells: dict[Trial, str] = {}
        self.seen: dict[Trial, list[Frame]] = defaultdict(list)
        """For who has to find out why a cell is another one."""

    async def of(self, agent: str) -> None:
        async with anyio.create_task_group() as group:
            for status in _STATUSES:
                group.start_soon(self._keep, agent, status)
            for column in ("cancel", "deadline", "idle", "ask", "deny"):
                group.start_soon(self._keep, agent, column)
            group.start_soon(self._works, agent)

    async def _keep(self, agent: str, column: str) -> None:
        match column:
            case "cancel":
                cell = await self._cancel(agent)
            case "deadline":
                cell = await self._limit(agent, column, "timeout", timeout_s=_DEADLINE_S)
            case "idle":
                cell = await self._limit(agent, column, "idle_timeout", idle_s=_SILENT_S)
            case "ask":
                cell = await self._ask(agent)
            case "deny":
                cell = await self._deny(agent)
            case _:
                cell = await self._refusal(agent, column)
        self.cells[agent, column] = cell

    async def _works(self, agent: str) -> None:
        task_id = await self._begin(agent, "basic")
        frames = await self._to_end(agent, "basic", task_id)
        self.cells[agent, "basic"] = _basic(frames)
        self.cells[agent, "usage"] = self._usage(agent, frames)
        next_id = await self._begin(agent, "next", session=f"{agent}-basic")
        await self._to_end(agent, "next", next_id)
        asked = self._script.asked[agent, "next"]
        remembers = any(f"trial {agent} basic" in body for body in asked)
        self.cells[agent, "next"] = "goes on" if remembers else "starts over"

    def _usage(self, agent: str, frames: list[Frame]) -> str:
        used = frames[-1].data.get("usage")
        total = used.get("total_tokens") if isinstance(used, dict) else 0
        billed = len(self._script.asked[agent, "basic"]) * (INPUT_TOKENS + OUTPUT_TOKENS)
        if not total:
            return "none"
        is_said = isinstance(used, dict) and used.get("partial") is True
        return "all" if total == billed else "part, and says so" if is_said else "part"

    async def _refusal(self, agent: str, status: str) -> str:
        task_id = await self._begin(agent, status)
        frames = await self._to_end(agent, status, task_id)
        # Of what they have tried again some speak in words of their own.
        return _end(frames, f"says {status}" if status in ("400", "401") else "")

    async def _cancel(self, agent: str) -> str:
        task_id = await self._begin(agent, "cancel")
        path = f"/api/v1/tasks/{task_id}/events"
        async with self._client.stream(path, wait_s=_PATIENCE_S) as stream:
            if agent not in _PLAIN:
                await stream.until("tool_call_start")
        with processes_of(task_id) as running:
            await self._client.request("POST", f"/api/v1/tasks/{task_id}/cancel")
            frames = await self._to_end(agent, "cancel", task_id)
            await running.all_gone(within_s=15)
        return "ends" if frames[-1].event == "task_cancelled" else _end(frames)

    async def _limit(self, agent: str, column: str, reason: str, **limits: float) -> str:
        task_id = await self._begin(agent, column, limits=limits)
        frames = await self._to_end(agent, column, task_id)
        with processes_of(task_id) as left:
            await left.all_gone(within_s=15)
        found = _end(frames)
        return "ends" if found == reason else found

    async def _ask(self, agent: str) -> str:
        body = {"task": _task(agent, "ask"), "agent": agent, "approval": "ask"}
        answer = await self._submit(agent, "ask", {**body, "session_id": f"{agent}-ask"})
        if isinstance(answer, int):
            return str(answer)
        path = f"/api/v1/tasks/{answer}/events"
        asked = 0
        async with self._client.stream(path, wait_s=_PATIENCE_S) as stream:
            while frame := await stream.next():
                self.seen[agent, "ask"].append(frame)
                if frame.event == "approval_required":
                    asked += 1
                    approval = frame.data["approval_id"]
                    where = f"/api/v1/approvals/{approval}"
                    decided = await self._client.request(
                        "POST", where, json={"decision": "approve"}
                    )
                    assert decided.is_success, decided.text
        frames = [frame for frame in self.seen[agent, "ask"] if frame.event != "end"]
        works = _basic(frames)
        return "asks" if asked and works == "works" else f"{works}, asked {asked} times"

    async def _deny(self, agent: str) -> str:
        body = {"task": _task(agent, "deny"), "agent": agent, "approval": "deny"}
        answer = await self._submit(agent, "deny", {**body, "session_id": f"{agent}-deny"})
        if isinstance(answer, int):
            return str(answer)
        frames = await self._to_end(agent, "deny", answer)
        return "ignored" if _file_of(frames).exists() else "kept"

    async def _begin(self, agent: str, column: str, *, session: str = "", **more: object) -> str:
        body = {"task": _task(agent, column), "agent": agent, **more}
        session_id = session or f"{agent}-{column}"
        answer = await self._submit(agent, column, {**body, "session_id": session_id})
        assert isinstance(answer, str), (agent, column, answer)
        return answer

    async def _submit(self, agent: str, column: str, body: Json) -> str | int:
        """The id of the task, when it has come so far that it has asked its model, or has ended;
        the status where it is refused."""
        async with self._starting:
            answer = await self._client.request("POST", "/api/v1/tasks", json=body)
            if answer.status_code != 202:
                return answer.status_code
            task_id = str(answer.json()["task_id"])
            path = f"/api/v1/tasks/{task_id}/events"
            async with (
                self._client.stream(path, wait_s=_PATIENCE_S) as stream,
                anyio.create_task_group() as either,
            ):
                either.start_soon(self._asks_model, (agent, column), either.cancel_scope)
                await stream.to_end()
                either.cancel_scope.cancel()
        return task_id

    async def _asks_model(self, trial: Trial, scope: anyio.CancelScope) -> None:
        await self._script.is_asked(trial)
        scope.cancel()

    async def _to_end(self, agent: str, column: str, task_id: str) -> list[Frame]:
        frames = await self._client.events(task_id, wait_s=_GIVES_UP_S)
        self.seen[agent, column] = frames
        return frames


def _task(agent: str, column: str) -> str:
    return f"Write the file (this is trial {agent} {column})."


def _basic(frames: list[Frame]) -> str:
    end = _end(frames)
    if end != "completed":
        return end
    if {"raw", "schema_drift"} & {frame.event for frame in frames}:
        return "not understood"
    has_file = _file_of(frames).exists()
    calls = [frame.data for frame in frames if frame.event == "tool_call_complete"]
    if any(call["status"] == "ok" and "hello" in str(call["result"]) for call in calls):
        return "works" if has_file and frames[-1].data["final_answer"] == FINAL else "half"
    return "works, without tool calls" if has_file else "answers"


def _end(frames: list[Frame], words: str = "") -> str:
    """The reason of a failure, if it has the words of the model that are looked for."""
    data = frames[-1].data
    if frames[-1].event != "task_failed":
        return frames[-1].event.removeprefix("task_").replace("complete", "completed")
    reason = str(data["reason"])
    return reason if words in str(data["error"]) else f"{reason}: {data['error']}"


def _file_of(frames: list[Frame]) -> Path:
    started = next(frame.data for frame in frames if frame.event == "process_started")
    return Path(str(started["cwd"])) / "hello.txt"
