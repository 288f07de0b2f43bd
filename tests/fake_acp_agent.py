"""A program that speaks the Agent Client Protocol as an agent; its first argument is its behaviour.

It speaks the protocol in plain JSON, as its library takes a second of processor time to load.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, TextIO

CHOOSING = ("chooses", "keeps_its_model")
RESUMING = ("resumes", "keeps_its_model", "sums_up")
PLAN = (("Look", "medium"), ("Change", "high"))
USED = {"totalTokens": 30, "inputTokens": 20, "outputTokens": 10}
_MOST_BYTES = 64 * 1024 * 1024

Json = dict[str, Any]


class Refused(Exception):
    """An error of JSON-RPC, as an answer to a request."""

    def __init__(self, code: int, message: str, data: Json | None = None) -> None:
        super().__init__(message)
        self.error = {"code": code, "message": message, "data": data}


class FakeAcpAgent:
    def __init__(self, behaviour: str) -> None:
        self._behaviour = behaviour
        self._cancelled = asyncio.Event()
        self._has_key = False
        self._again = ""
        self._model = ""
        self._numbers = count()
        self._asked: dict[int, asyncio.Future[Json]] = {}

    async def serve(self) -> None:
        """Until its input ends; requests are answered side by side."""
        lines = asyncio.StreamReader(limit=_MOST_BYTES)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
        )
        answering: set[asyncio.Task[None]] = set()
        async for line in lines:
            message = json.loads(line)
            if "method" not in message:
                self._asked.pop(message["id"]).set_result(message)
            elif message["method"] == "session/cancel":
                self._cancelled.set()
            else:
                task = asyncio.create_task(self._answer(message))
                answering.add(task)
                task.add_done_callback(answering.discard)

    async def _answer(self, message: Json) -> None:
        methods = {
            "initialize": self._initialize,
            "authenticate": self._authenticate,
            "session/new": self._new_session,
            "session/load": self._load_session,
            "session/resume": self._resume_session,
            "session/set_config_option": self._set_config_option,
            "session/prompt": self._prompt,
        }
        try:
            if (method := methods.get(message["method"])) is None:
                raise Refused(-32601, "Method not found")
            answer = {"result": await method(message["params"])}
        except Refused as refused:
            answer = {"error": refused.error}
        _print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}))

    async def _ask(self, method: str, **params: object) -> Json:
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        _print(json.dumps(message))
        answer = await self._asked[number]
        if "error" in answer:
            raise Refused(answer["error"]["code"], answer["error"]["message"])
        result: Json = answer["result"] or {}
        return result

    async def _initialize(self, params: Json) -> Json:
        if self._behaviour == "silent":
            await asyncio.Event().wait()
        return {
            "protocolVersion": 7 if self._behaviour == "newer" else params["protocolVersion"],
            "agentCapabilities": {
                "loadSession": self._behaviour == "loads",
                "sessionCapabilities": {"resume": {}} if self._behaviour in RESUMING else {},
            },
            "authMethods": _ways_in(self._behaviour),
        }

    async def _authenticate(self, params: Json) -> Json:
        if params["methodId"] != "my-api-key":
            raise Refused(-32602, "Invalid params")
        self._has_key = True
        return {}

    async def _new_session(self, _: Json) -> Json:
        if self._behaviour in ("wants_login", "wants_key") and not self._has_key:
            raise Refused(-32000, "Authentication required")
        return {"sessionId": "new-1", **self._options("own")}

    async def _load_session(self, params: Json) -> Json:
        session_id = params["sessionId"]
        if session_id != "kept-1":
            raise Refused(-32002, "Resource not found", {"uri": session_id})
        await self._send(session_id, _text("user_message_chunk", "earlier question"))
        await self._send(session_id, _message("earlier answer"))
        return {}

    async def _resume_session(self, params: Json) -> Json:
        session_id = params["sessionId"]
        if session_id not in ("kept-1", "new-1"):
            raise Refused(-32002, "Resource not found", {"uri": session_id})
        self._again = " again" if session_id == "new-1" else ""
        return self._options("other")

    async def _set_config_option(self, params: Json) -> Json:
        if params["value"] == "odd":
            raise Refused(-32603, "Internal error", {"details": "not today"})
        return self._options(str(params["value"]))

    def _options(self, model: str) -> Json:
        """With the model that its session uses from now on."""
        self._model = model
        names = {"own": "Its own", "other": "Another", "odd": "Odd"}
        option = {
            "id": "llm",
            "name": "Model",
            "category": "model",
            "type": "select",
            "currentValue": model,
            "options": [{"value": id_, "name": name} for id_, name in names.items()],
        }
        return {"configOptions": [option]} if self._behaviour in CHOOSING else {}

    async def _prompt(self, params: Json) -> Json:
        session_id, text = params["sessionId"], params["prompt"][0]["text"]
        match self._behaviour:
            case "works":
                return await self._work(session_id)
            case "refuses" | "max_tokens" | "max_turn_requests" | "cancelled":
                reason = "refusal" if self._behaviour == "refuses" else self._behaviour
                return {"stopReason": reason}
            case "fails":
                raise Refused(-32603, "Internal error", {"details": "the model is away"})
            case "dies":
                await self._send(session_id, _message("I am fi"))
                _print("panic: no more air", to=sys.stderr)
                os._exit(7)
            case "waits":
                await self._wait(session_id)
                return {"stopReason": "cancelled"}
            case "breaks_off":
                await self._send(session_id, _call("c1", title="ls", status="in_progress"))
                await self._cancelled.wait()
                await self._send(session_id, _call_update("c1", status="completed"))
                return {"stopReason": "cancelled", "usage": USED}
            case "asks_and_waits":
                await self._send(session_id, _call("c1", title="rm", kind="delete"))
                reply = await self._permission(session_id, "c1")
                _print(f"answer: {reply}", to=sys.stderr)
                return {"stopReason": "cancelled"}
            case "runs" | "runs_unshown":
                return await self._run_command(session_id, text)
            case "never_asks":
                return await self._run_unasked(session_id, text)
            case "gives_up":
                await self._send(session_id, _call("c1", title="rm -r x", kind="execute"))
                reply = await self._permission(session_id, "c1")
                if reply != "yes":
                    return {"stopReason": "cancelled"}
            case "chooses" | "keeps_its_model":
                await self._send(session_id, _message(self._model))
                return {"stopReason": "end_turn", "usage": USED}
            case "sums_up":
                await self._send(session_id, _spent(0.75 if self._again else 0.5))
            case "reads" | "writes":
                return await self._use_file(session_id, text)
            case "garbles":
                await self._garble(session_id)
            case _:
                pass
        await self._send(session_id, _message(f"{session_id}{self._again}: {text}"))
        return {"stopReason": "end_turn"}

    async def _work(self, session_id: str) -> Json:
        for status in ("pending", "in_progress"):
            await self._send(session_id, _plan(status))
        await self._send(session_id, _text("agent_thought_chunk", "Hm"))
        await self._send(session_id, _text("agent_thought_chunk", "m."))
        await self._send(session_id, _message("I change "))
        await self._send(session_id, _message("it."))
        await self._send(session_id, _edit("Edit a.txt", "a.txt", "new"))
        reply = await self._permission(session_id, "c1")
        if reply != "yes":
            await self._send(session_id, _call_update("c1", status="failed"))
        else:
            diff = {"type": "diff", "path": "a.txt", "newText": "new\n", "oldText": "old\n"}
            await self._send(session_id, _call_update("c1", status="completed", content=[diff]))
        await self._send(session_id, _plan("completed"))
        await self._send(session_id, _spent(0.5))
        await self._send(session_id, _message("Done: " + reply))
        used = {"totalTokens": 130, "inputTokens": 110, "outputTokens": 20}
        return {"stopReason": "end_turn", "usage": used}

    async def _permission(self, session_id: str, call_id: str) -> str:
        options = [
            {"optionId": "ever", "name": "Always", "kind": "allow_always"},
            {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
            {"optionId": "no", "name": "No", "kind": "reject_once"},
        ]
        answer = await self._ask(
            "session/request_permission",
            sessionId=session_id,
            toolCall={"toolCallId": call_id},
            options=options,
        )
        outcome = answer["outcome"]
        return str(outcome.get("optionId", outcome["outcome"]))

    async def _wait(self, session_id: str) -> None:
        await self._send(session_id, _message("waiting"))
        await self._cancelled.wait()
        await self._send(session_id, _message(" no more"))

    async def _run_command(self, session_id: str, line: str) -> Json:
        """By a terminal of the client, which the tool call shows or not."""
        if is_shown := self._behaviour == "runs":
            call = _call("c1", title="Run it", kind="execute", rawInput={"command": line})
            await self._send(session_id, call)
        try:
            made = await self._ask("terminal/create", sessionId=session_id, command=line)
            terminal = {"terminalId": made["terminalId"]}
            named = {"sessionId": session_id, **terminal}
            if is_shown:
                shown = [{"type": "terminal", **terminal}]
                update = _call_update("c1", status="in_progress", content=shown)
                await self._send(session_id, update)
            ended = await self._ask("terminal/wait_for_exit", **named)
            reply = (await self._ask("terminal/output", **named))["output"]
            await self._ask("terminal/release", **named)
            reply = f"exit {ended.get('exitCode')}: {reply}"
            if is_shown:
                await self._send(session_id, _call_update("c1", status="completed"))
        except Refused as error:
            reply = f"refused: {error}"
        await self._send(session_id, _message(reply))
        return {"stopReason": "end_turn"}

    async def _run_unasked(self, session_id: str, text: str) -> Json:
        """One tool call with the outcome that the text names; `and ends` does not wait after it."""
        status, _, then = text.partition(" ")
        await self._send(session_id, _call("c1", title="rm -r x", kind="execute"))
        ended = _call_update("c1", status=status)
        await self._send(session_id, ended)
        await self._send(session_id, _message("Done."))
        if then != "and ends":
            await self._cancelled.wait()
        return {"stopReason": "end_turn"}

    async def _use_file(self, session_id: str, path: str) -> Json:
        try:
            if self._behaviour == "reads":
                read = await self._ask("fs/read_text_file", sessionId=session_id, path=path)
                reply = read["content"]
            else:
                named = {"sessionId": session_id, "path": path}
                await self._ask("fs/write_text_file", **named, content="new")
                reply = "written"
        except Refused as error:
            reply = f"refused: {error}"
        await self._send(session_id, _message(reply))
        return {"stopReason": "end_turn"}

    async def _garble(self, session_id: str) -> None:
        update = {"sessionId": session_id, "update": {"sessionUpdate": "dream", "of": "sheep"}}
        for message in ({"method": "session/update", "params": update}, {"id": [1]}):
            _print(json.dumps({"jsonrpc": "2.0", **message}))
        _print("not a message")
        _print(json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": update}))
        _print('{"half": ')

    async def _send(self, session_id: str, update: Mapping[str, object]) -> None:
        params = {"sessionId": session_id, "update": update}
        _print(json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": params}))


def _text(kind: str, text: str) -> Json:
    return {"sessionUpdate": kind, "content": {"type": "text", "text": text}}


def _message(text: str) -> Json:
    return _text("agent_message_chunk", text)


def _call(call_id: str, **reply: object) -> Json:
    return {"sessionUpdate": "tool_call", "toolCallId": call_id, **reply}


def _call_update(call_id: str, **reply: object) -> Json:
    return {"sessionUpdate": "tool_call_update", "toolCallId": call_id, **reply}


def _edit(title: str, path: str, content: str) -> Json:
    asked = {"path": path, "content": content}
    shown = {"title": title, "kind": "edit", "status": "pending"}
    return _call("c1", **shown, locations=[{"path": path}], rawInput=asked)


def _spent(amount: float) -> Json:
    cost = {"amount": amount, "currency": "USD"}
    return {"sessionUpdate": "usage_update", "used": 100, "size": 1000, "cost": cost}


def _ways_in(behaviour: str) -> Sequence[Json]:
    browser = {"id": "browser", "name": "Log in with a browser"}
    key = {"id": "my-api-key", "name": "Use a key"}
    return [browser, key] if behaviour == "wants_key" else [browser]


def _plan(first: str) -> Json:
    statuses = (first, "completed" if first == "completed" else "pending")
    entries = [
        {"content": text, "priority": priority, "status": status}
        for (text, priority), status in zip(PLAN, statuses, strict=True)
    ]
    return {"sessionUpdate": "plan", "entries": entries}


def _print(line: str, *, to: TextIO = sys.stdout) -> None:
    to.write(f"{line}\n")
    to.flush()


async def main(behaviour: str) -> None:
    if behaviour == "exits_at_once":
        sys.stderr.write("I do not speak that\n")
        raise SystemExit(3)
    await FakeAcpAgent(behaviour).serve()
    if behaviour == "stays":
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
