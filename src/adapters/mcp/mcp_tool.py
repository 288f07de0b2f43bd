"""Tools of an MCP server as our own: their names, calls, results and errors."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import httpx2
from mcp import Client, MCPError
from mcp.types import (
    CONNECTION_CLOSED,
    AudioContent,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from mcp.types import Tool as ServedTool

from adapters.mcp.server_connection import ServerLost
from domain.approval import EVERY_EFFECT
from domain.errors import ToolError
from domain.omitted_content import omitted_content
from ports.tool import ToolContext, ToolResult, ToolSpec

_MOST_CHARS = 32 * 1024
_FAILED = 400
_NOT_FOUND = 404
_SESSION = "Mcp-Session-Id"
_MOST_NAME_CHARS = 64
_NUMBER_CHARS = 4


def tool_result(result: CallToolResult) -> ToolResult:
    text = "\n".join(_texts(result.content))
    if not text and result.structured_content is not None:
        text = json.dumps(result.structured_content, ensure_ascii=False, default=str)
    is_long = len(text) > _MOST_CHARS
    return ToolResult(
        content=text[:_MOST_CHARS] or "[no content]",
        is_error=result.is_error,
        truncated=is_long,
        whole=text if is_long else None,
    )


def _texts(blocks: Sequence[ContentBlock]) -> Iterator[str]:
    for block in blocks:
        match block:
            case TextContent():
                yield block.text
            case ImageContent():
                yield omitted_content("image", media_type=block.mime_type, encoded=block.data)
            case AudioContent():
                yield omitted_content("audio", media_type=block.mime_type, encoded=block.data)
            case ResourceLink():
                yield f"[{block.name}: {block.uri}]"
            case EmbeddedResource(resource=TextResourceContents(text=text)):
                yield text
            case EmbeddedResource():
                kind = block.resource.mime_type or "of no known kind"
                yield f"[{block.resource.uri}, {kind}]"


class HttpFailures:
    """Records refused HTTP responses, of which the library reports only that they are errors."""

    def __init__(self) -> None:
        self.refusal = ""
        """Status and reason of the last message, if it was refused."""
        self.is_session_lost = False
        """Set when the server does not know the session, such as after a restart."""

    async def record(self, response: httpx2.Response) -> None:
        """Only for POST, which carries messages; other requests may be refused."""
        if response.request.method != "POST":
            return
        status = response.status_code
        is_refused = status >= _FAILED
        self.refusal = f"{status} {response.reason_phrase}".rstrip() if is_refused else ""
        if status == _NOT_FOUND and _SESSION in response.request.headers:
            self.is_session_lost = True


class McpTool:
    def __init__(
        self,
        served: ServedTool,
        *,
        name: str,
        client: Client,
        call_s: float,
        failures: HttpFailures | None = None,
    ) -> None:
        """The server's own claims about effects are not trusted, so any effect is assumed."""
        self.spec = ToolSpec(
            name=name,
            description=served.description or served.title or served.name,
            # Some model servers require `properties`, even if empty.
            parameters={"properties": {}, **served.input_schema},
            effects=EVERY_EFFECT,
        )
        self._served_name = served.name
        self._client = client
        self._call_s = call_s
        self._failures = failures

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        async def show(progress: float, total: float | None, message: str | None) -> None:
            if message:
                await context.stream(f"{message}\n")

        try:
            result = await self._client.call_tool(
                self._served_name,
                dict(arguments),
                read_timeout_seconds=self._call_s,
                progress_callback=show,
            )
        except Exception as error:  # boundary: the library and its server fail in many ways
            failed = ServerLost if self._is_lost(error) else ToolError
            raise failed(f"{self.spec.name}: {self._reason(error)}") from error
        return tool_result(result)

    def _is_lost(self, error: Exception) -> bool:
        if isinstance(error, MCPError) and error.code == CONNECTION_CLOSED:
            return True
        return self._failures is not None and self._failures.is_session_lost

    def _reason(self, error: Exception) -> str:
        refusal = self._failures.refusal if self._failures else ""
        message = str(error) or type(error).__name__
        return f"{message} ({refusal})" if refusal else message


def tool_names(server: str, names: Sequence[str]) -> Sequence[str]:
    """Names that every model accepts, prefixed by the server, in order; duplicates are numbered."""
    taken: dict[str, None] = {}
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", f"{server}__{name}")
        chosen, number = plain[:_MOST_NAME_CHARS], 2
        while chosen in taken:
            chosen = f"{plain[: _MOST_NAME_CHARS - _NUMBER_CHARS]}_{number}"
            number += 1
        taken[chosen] = None
    return list(taken)
