"""Opens a session with an agent: protocol version, login, resumed or new conversation, model."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from acp.exceptions import RequestError
from acp.meta import PROTOCOL_VERSION

from adapters.acp.messages import JsonObject, json_list, json_object, json_text
from adapters.acp.offered_models import OfferedModels, offered_models
from adapters.acp.turn_end import error_text
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.errors import StartFailed
from domain.model_choice import MODEL_PLACE
from domain.task_events import Error
from ports.runner import RunContext

Ask = Callable[[str, JsonObject], Awaitable[object]]

_LOGIN_REQUIRED = -32000
_LONGEST_THREAD = 1000

_NO_CHOICE = (
    "the agent offers no choice of models; "
    f"its argv should have a place for the model, as --model={MODEL_PLACE}"
)


# Settings in a workspace must not grant permissions. Other agents ignore this field of Claude's.
_WITHOUT_WORKSPACE: JsonObject = {
    "claudeCode": {"options": {"settingSources": ["user"], "strictMcpConfig": True}}
}


class Handshake:
    def __init__(
        self, ask: Ask, *, context: RunContext, cwd: str, trusts_workspace: bool = True
    ) -> None:
        self._ask = ask
        self._context = context
        self._place: JsonObject = {"cwd": cwd, "mcpServers": []}
        if not trusts_workspace:
            self._place["_meta"] = _WITHOUT_WORKSPACE
        self._agent: JsonObject = {}
        self._opened: JsonObject = {}
        self.model = ""
        """The model of the session, by the name the agent uses; empty if not reported."""

    @property
    def agent_name(self) -> str:
        return json_text(json_object(self._agent.get("agentInfo")).get("name"))

    async def session_id(self) -> str:
        """Raises StartFailed, RequestError if the agent refuses, and ConnectionError."""
        self._agent = json_object(await self._ask("initialize", _client(self._context.profile)))
        if (version := self._agent.get("protocolVersion")) != PROTOCOL_VERSION:
            raise StartFailed(
                f"the agent speaks version {version} of the Agent Client Protocol, "
                f"this server speaks version {PROTOCOL_VERSION}"
            )
        session_id = await self._session_with_login()
        await self._choose_model(session_id)
        return session_id

    async def _session_with_login(self) -> str:
        try:
            return await self._session()
        except RequestError as error:
            if error.code != _LOGIN_REQUIRED:
                raise
        await self._log_in()
        return await self._session()

    async def _session(self) -> str:
        thread, methods = self._context.thread, self._resume_methods()
        if thread and methods and await self._resumed(methods, thread.id):
            return thread.id
        self._opened = json_object(await self._ask("session/new", self._place))
        if not (session_id := json_text(self._opened.get("sessionId"))):
            raise StartFailed("the agent opened a session without an id")
        if methods and len(session_id) <= _LONGEST_THREAD and session_id.isprintable():
            await self._context.keep_thread(AgentThread(id=session_id))
        return session_id

    def _resume_methods(self) -> Sequence[str]:
        """Methods that resume a conversation, best first: `session/load` replays all of it."""
        can = json_object(self._agent.get("agentCapabilities"))
        resumes = isinstance(json_object(can.get("sessionCapabilities")).get("resume"), dict)
        methods = {"session/resume": resumes, "session/load": can.get("loadSession") is True}
        return [method for method, is_there in methods.items() if is_there]

    async def _resumed(self, methods: Sequence[str], thread: str) -> bool:
        why = ""
        for method in methods:
            try:
                resumed = await self._ask(method, {**self._place, "sessionId": thread})
            except RequestError as error:
                if error.code == _LOGIN_REQUIRED:
                    raise
                why = error_text(error)
            else:
                self._opened = json_object(resumed)
                return True
        message = f"the agent begins a new conversation, the earlier one is gone: {why}"
        await self._context.emit(Error(message=message, phase="resume", recoverable=True))
        return False

    async def _choose_model(self, session_id: str) -> None:
        """Set the model of the task or profile, else the session's own, which some agents forget.

        Nothing to do if the command names the model. Raises StartFailed for an unknown model.
        """
        profile, thread = self._context.profile, self._context.thread
        is_kept = thread is not None and thread.id == session_id
        kept = thread.model if thread and is_kept else None
        offered = offered_models(self._opened)
        in_command = any(MODEL_PLACE in item for item in profile.argv)
        wanted = None if in_command else profile.model
        if offered is None:
            if wanted is not None:
                raise StartFailed(_NO_CHOICE)
            return
        own = kept if kept is not None and kept in offered.names else offered.current
        self.model = own if wanted is None else offered.find(wanted)
        if self.model != offered.current:
            await self._set_model(offered, session_id)
        left = own if self.model != own else None
        if thread and is_kept and thread.model != left:
            await self._context.keep_thread(replace(thread, model=left))

    async def _set_model(self, offered: OfferedModels, session_id: str) -> None:
        method, params = offered.request(session_id, self.model)
        try:
            answer = json_object(await self._ask(method, params))
        except RequestError as error:
            why = f"the agent refuses the model {self.model!r}: {error_text(error)}"
            raise StartFailed(f"{why}; it has {offered.listed(self.model)}") from error
        if now := offered_models(answer):
            self.model = now.current

    async def _log_in(self) -> None:
        """Log in with an API key; methods that need a browser or terminal are not supported."""
        methods = [json_object(method) for method in json_list(self._agent.get("authMethods"))]
        for method in filter(_takes_key, methods):
            try:
                await self._ask("authenticate", {"methodId": json_text(method.get("id"))})
            except RequestError:
                continue
            return
        offers = ", ".join(
            json_text(way.get("name")) or json_text(way.get("id")) for way in methods
        )
        raise StartFailed(
            "the agent asks for a login, which cannot be given here"
            f"{f' (it offers: {offers})' if offers else ''}; "
            "name the variable that holds its key in env_passthrough"
        )


def _client(profile: AgentProfile) -> JsonObject:
    has_files = "fs" in profile.acp_capabilities
    return {
        "protocolVersion": PROTOCOL_VERSION,
        "clientCapabilities": {
            "fs": {"readTextFile": has_files, "writeTextFile": has_files},
            "terminal": "terminal" in profile.acp_capabilities,
        },
        "clientInfo": {"name": "agentcast", "title": "Agentcast", "version": "1"},
    }


def _takes_key(method: JsonObject) -> bool:
    words = json_text(method.get("id")).lower().replace("_", "-")
    return method.get("type") == "env_var" or "api-key" in words or "apikey" in words
