"""A real agent of the Agent Client Protocol, a program whose mood is its first argument."""

import asyncio
import json
import os
import sys
from typing import Any, TextIO, cast

import acp
from acp import schema
from acp.exceptions import RequestError

CHOOSING = ("chooses", "keeps_its_model")
RESUMING = ("resumes", "keeps_its_model", "sums_up")
PLAN = (("Look", "medium"), ("Change", "high"))


class MoodyAgent:
    def __init__(self, mood: str) -> None:
        self._mood = mood
        self._cancelled = asyncio.Event()
        self._cwd = ""
        self._has_key = False
        self._again = ""
        self._model = ""
        self.client: Any = None

    def on_connect(self, conn: Any) -> None:
        self.client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> schema.InitializeResponse:
        if self._mood == "silent":
            await asyncio.Event().wait()
        can = schema.AgentCapabilities(
            load_session=self._mood == "loads",
            session_capabilities=schema.SessionCapabilities(
                resume=schema.SessionResumeCapabilities() if self._mood in RESUMING else None
            ),
        )
        return schema.InitializeResponse(
            protocol_version=7 if self._mood == "newer" else protocol_version,
            agent_capabilities=can,
            auth_methods=_ways_in(self._mood),
        )

    async def authenticate(self, method_id: str, **_: Any) -> schema.AuthenticateResponse:
        if method_id != "my-api-key":
            raise RequestError.invalid_params()
        self._has_key = True
        return schema.AuthenticateResponse()

    async def new_session(self, cwd: str, **_: Any) -> schema.NewSessionResponse:
        if self._mood in ("wants_login", "wants_key") and not self._has_key:
            raise RequestError.auth_required()
        self._cwd = cwd
        return schema.NewSessionResponse(session_id="new-1", config_options=self._options("own"))

    async def load_session(
        self, cwd: str, session_id: str, **_: Any
    ) -> schema.LoadSessionResponse:
        if session_id != "kept-1":
            raise RequestError.resource_not_found(session_id)
        await self._send(session_id, acp.update_user_message_text("earlier question"))
        await self._send(session_id, acp.update_agent_message_text("earlier answer"))
        return schema.LoadSessionResponse()

    async def resume_session(
        self, cwd: str, session_id: str, **_: Any
    ) -> schema.ResumeSessionResponse:
        if session_id not in ("kept-1", "new-1"):
            raise RequestError.resource_not_found(session_id)
        self._again = " again" if session_id == "new-1" else ""
        return schema.ResumeSessionResponse(config_options=self._options("other"))

    async def set_config_option(
        self, config_id: str, session_id: str, value: str | bool, **_: Any
    ) -> schema.SetSessionConfigOptionResponse:
        if value == "odd":
            raise RequestError.internal_error({"details": "not today"})
        return schema.SetSessionConfigOptionResponse(config_options=self._options(str(value)))

    def _options(self, model: str) -> Any:
        """With the model that its session uses from now on."""
        self._model = model
        names = {"own": "Its own", "other": "Another", "odd": "Odd"}
        models = [schema.SessionConfigSelectOption(value=id_, name=names[id_]) for id_ in names]
        option = schema.SessionConfigOptionSelect(
            id="llm",
            name="Model",
            category="model",
            type="select",
            current_value=model,
            options=models,
        )
        return [option] if self._mood in CHOOSING else None

    async def cancel(self, session_id: str, **_: Any) -> None:
        self._cancelled.set()

    async def prompt(self, session_id: str, prompt: list[Any], **_: Any) -> schema.PromptResponse:
        text = prompt[0].text
        match self._mood:
            case "works":
                return await self._work(session_id)
            case "refuses" | "max_tokens" | "max_turn_requests" | "cancelled":
                reason = "refusal" if self._mood == "refuses" else self._mood
                return schema.PromptResponse(stop_reason=reason)
            case "fails":
                raise RequestError.internal_error({"details": "the model is away"})
            case "dies":
                await self._send(session_id, acp.update_agent_message_text("I am fi"))
                _say("panic: no more air", to=sys.stderr)
                os._exit(7)
            case "waits":
                await self._wait(session_id)
                return schema.PromptResponse(stop_reason="cancelled")
            case "breaks_off":
                await self._send(session_id, acp.start_tool_call("c1", "ls", status="in_progress"))
                await self._cancelled.wait()
                await self._send(session_id, acp.update_tool_call("c1", status="completed"))
                used = schema.Usage(total_tokens=30, input_tokens=20, output_tokens=10)
                return schema.PromptResponse(stop_reason="cancelled", usage=used)
            case "asks_and_waits":
                await self._send(session_id, acp.start_tool_call("c1", "rm", kind="delete"))
                said = await self._permission(session_id, "c1")
                _say(f"answer: {said}", to=sys.stderr)
                return schema.PromptResponse(stop_reason="cancelled")
            case "runs" | "runs_unshown":
                return await self._run_command(session_id, text)
            case "never_asks":
                return await self._run_unasked(session_id, text)
            case "gives_up":
                await self._send(session_id, acp.start_tool_call("c1", "rm -r x", kind="execute"))
                said = await self._permission(session_id, "c1")
                if said != "yes":
                    return schema.PromptResponse(stop_reason="cancelled")
            case "chooses" | "keeps_its_model":
                used = schema.Usage(total_tokens=30, input_tokens=20, output_tokens=10)
                await self._send(session_id, acp.update_agent_message_text(self._model))
                return schema.PromptResponse(stop_reason="end_turn", usage=used)
            case "sums_up":
                cost = schema.Cost(amount=0.75 if self._again else 0.5, currency="USD")
                update = schema.UsageUpdate(
                    used=100, size=1000, cost=cost, session_update="usage_update"
                )
                await self._send(session_id, update)
            case "reads" | "writes":
                return await self._use_file(session_id, text)
            case "garbles":
                await self._garble(session_id)
            case _:
                pass
        await self._send(
            session_id, acp.update_agent_message_text(f"{session_id}{self._again}: {text}")
        )
        return schema.PromptResponse(stop_reason="end_turn")

    async def _work(self, session_id: str) -> schema.PromptResponse:
        for status in ("pending", "in_progress"):
            await self._send(session_id, _plan(status))
        await self._send(session_id, acp.update_agent_thought_text("Hm"))
        await self._send(session_id, acp.update_agent_thought_text("m."))
        await self._send(session_id, acp.update_agent_message_text("I change "))
        await self._send(session_id, acp.update_agent_message_text("it."))
        await self._send(session_id, acp.start_edit_tool_call("c1", "Edit a.txt", "a.txt", "new"))
        said = await self._permission(session_id, "c1")
        if said != "yes":
            await self._send(session_id, acp.update_tool_call("c1", status="failed"))
        else:
            diff = acp.tool_diff_content("a.txt", "new\n", "old\n")
            await self._send(
                session_id, acp.update_tool_call("c1", status="completed", content=[diff])
            )
        await self._send(session_id, _plan("completed"))
        cost = schema.Cost(amount=0.5, currency="USD")
        usage = schema.UsageUpdate(used=100, size=1000, cost=cost, session_update="usage_update")
        await self._send(session_id, usage)
        await self._send(session_id, acp.update_agent_message_text("Done: " + said))
        used = schema.Usage(total_tokens=130, input_tokens=110, output_tokens=20)
        return schema.PromptResponse(stop_reason="end_turn", usage=used)

    async def _permission(self, session_id: str, call_id: str) -> str:
        options = [
            schema.PermissionOption(option_id="ever", name="Always", kind="allow_always"),
            schema.PermissionOption(option_id="yes", name="Yes", kind="allow_once"),
            schema.PermissionOption(option_id="no", name="No", kind="reject_once"),
        ]
        answer = await self.client.request_permission(
            session_id=session_id,
            tool_call=schema.ToolCallUpdate(tool_call_id=call_id),
            options=options,
        )
        outcome = answer.outcome
        return str(getattr(outcome, "option_id", outcome.outcome))

    async def _wait(self, session_id: str) -> None:
        await self._send(session_id, acp.update_agent_message_text("waiting"))
        await self._cancelled.wait()
        await self._send(session_id, acp.update_agent_message_text(" no more"))

    async def _run_command(self, session_id: str, line: str) -> schema.PromptResponse:
        """By a terminal of the client, which the tool call shows or not."""
        if is_shown := self._mood == "runs":
            call = acp.start_tool_call("c1", "Run it", kind="execute", raw_input={"command": line})
            await self._send(session_id, call)
        try:
            made = await self.client.create_terminal(session_id=session_id, command=line)
            named = {"session_id": session_id, "terminal_id": made.terminal_id}
            if is_shown:
                shown = [acp.tool_terminal_ref(made.terminal_id)]
                update = acp.update_tool_call("c1", status="in_progress", content=shown)
                await self._send(session_id, update)
            ended = await self.client.wait_for_terminal_exit(**named)
            said = (await self.client.terminal_output(**named)).output
            await self.client.release_terminal(**named)
            said = f"exit {ended.exit_code}: {said}"
            if is_shown:
                await self._send(session_id, acp.update_tool_call("c1", status="completed"))
        except RequestError as error:
            said = f"refused: {error}"
        await self._send(session_id, acp.update_agent_message_text(said))
        return schema.PromptResponse(stop_reason="end_turn")

    async def _run_unasked(self, session_id: str, text: str) -> schema.PromptResponse:
        """One tool call that ends as the text says; `and ends` does not wait after it."""
        status, _, then = text.partition(" ")
        await self._send(session_id, acp.start_tool_call("c1", "rm -r x", kind="execute"))
        ended = acp.update_tool_call("c1", status=cast(Any, status))
        await self._send(session_id, ended)
        await self._send(session_id, acp.update_agent_message_text("Done."))
        if then != "and ends":
            await self._cancelled.wait()
        return schema.PromptResponse(stop_reason="end_turn")

    async def _use_file(self, session_id: str, path: str) -> schema.PromptResponse:
        try:
            if self._mood == "reads":
                read = await self.client.read_text_file(session_id=session_id, path=path)
                said = read.content
            else:
                await self.client.write_text_file(session_id=session_id, path=path, content="new")
                said = "written"
        except RequestError as error:
            said = f"refused: {error}"
        await self._send(session_id, acp.update_agent_message_text(said))
        return schema.PromptResponse(stop_reason="end_turn")

    async def _garble(self, session_id: str) -> None:
        update = {"sessionId": session_id, "update": {"sessionUpdate": "dream", "of": "sheep"}}
        for message in ({"method": "session/update", "params": update}, {"id": [1]}):
            _say(json.dumps({"jsonrpc": "2.0", **message}))
        _say("not a message")
        _say(json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": update}))
        _say('{"half": ')

    async def _send(self, session_id: str, update: Any) -> None:
        await self.client.session_update(session_id=session_id, update=update)


def _ways_in(mood: str) -> list[Any]:
    browser = schema.AuthMethodAgent(id="browser", name="Log in with a browser")
    key = schema.AuthMethodAgent(id="my-api-key", name="Use a key")
    return [browser, key] if mood == "wants_key" else [browser]


def _plan(first: str) -> Any:
    statuses = (first, "completed" if first == "completed" else "pending")
    entries = [
        acp.plan_entry(text, priority=priority, status=status)  # type: ignore[arg-type]
        for (text, priority), status in zip(PLAN, statuses, strict=True)
    ]
    return acp.update_plan(entries)


def _say(line: str, *, to: TextIO = sys.stdout) -> None:
    to.write(f"{line}\n")
    to.flush()


async def main(mood: str) -> None:
    if mood == "deaf":
        sys.stderr.write("I do not speak that\n")
        raise SystemExit(3)
    await acp.run_agent(cast(acp.Agent, MoodyAgent(mood)), use_unstable_protocol=True)
    if mood == "stays":
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
