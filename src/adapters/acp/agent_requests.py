"""Answers requests of an agent to its client: permissions, workspace files and terminals."""

import asyncio
from collections.abc import Collection

from acp.exceptions import RequestError

from adapters.acp.agent_pipe import AgentPipe
from adapters.acp.messages import JsonObject, ProtocolError, json_object
from adapters.acp.permissions import Permissions
from adapters.acp.terminals import Terminals, command_line
from adapters.acp.workspace_files import WorkspaceFiles
from domain.agent_profile import AcpCapability

_SHOWN = ("command", "args", "cwd", "env")
"""Parameters of a command that an approval shows."""


class AgentRequests:
    def __init__(
        self,
        *,
        pipe: AgentPipe,
        permissions: Permissions,
        files: WorkspaceFiles,
        terminals: Terminals,
        offered: Collection[AcpCapability],
    ) -> None:
        self._pipe = pipe
        self._permissions = permissions
        self._files = files
        self._terminals = terminals
        self._offered = offered

    async def answer(self, method: str, params: object, is_notification: bool) -> JsonObject:
        """Raises RequestError, which the library sends as the answer."""
        try:
            return await self._answer(method, params)
        except RequestError:
            raise
        except ProtocolError as error:
            raise RequestError(-32602, str(error)) from error
        except Exception as error:  # boundary: the agent is answered, then the run fails
            self._pipe.fail(error)
            raise RequestError(-32603, "the request could not be answered") from error

    async def _answer(self, method: str, params: object) -> JsonObject:
        match method:
            case "session/request_permission":
                return await self._permissions.answer(params)
            case "fs/read_text_file" if "fs" in self._offered:
                return await self._read(json_object(params))
            case "fs/write_text_file" if "fs" in self._offered:
                return await self._write(json_object(params))
            case _ if method.startswith("terminal/") and "terminal" in self._offered:
                return await self._terminal(method, json_object(params))
            case _:
                raise RequestError.method_not_found(method)

    async def _terminal(self, method: str, params: JsonObject) -> JsonObject:
        match method:
            case "terminal/create":
                shown = {name: params[name] for name in _SHOWN if name in params}
                line = command_line(params)
                await self._permissions.require(method, shown, kind="execute", subject=line)
                return await self._terminals.create(params)
            case "terminal/output":
                return self._terminals.output(params)
            case "terminal/wait_for_exit":
                return await self._terminals.wait_for_exit(params)
            case "terminal/kill":
                return await self._terminals.kill(params)
            case "terminal/release":
                return await self._terminals.release(params)
            case _:
                raise RequestError.method_not_found(method)

    async def _read(self, params: JsonObject) -> JsonObject:
        match params:
            case {"path": str(path)}:
                shown: JsonObject = {"path": path}
                await self._permissions.require(
                    "fs/read_text_file", shown, kind="read", subject=path
                )
                line, limit = _number(params, "line"), _number(params, "limit")
                text = await asyncio.to_thread(self._files.read, path, line=line, limit=limit)
                return {"content": text}
            case _:
                raise RequestError.invalid_params()

    async def _write(self, params: JsonObject) -> JsonObject:
        match params:
            case {"path": str(path), "content": str(content)}:
                shown: JsonObject = {"path": path, "content": content}
                await self._permissions.require(
                    "fs/write_text_file", shown, kind="edit", subject=path
                )
                await asyncio.to_thread(self._files.write, path, content)
                return {}
            case _:
                raise RequestError.invalid_params()


def _number(params: JsonObject, name: str) -> int | None:
    value = params.get(name)
    return value if isinstance(value, int) else None
