"""A tool that a server of the Model Context Protocol offers, as one of our own."""

from collections.abc import Mapping

from mcp import Client, MCPError
from mcp.types import CONNECTION_CLOSED
from mcp.types import Tool as ServedTool

from adapters.mcp.http_words import HttpWords
from adapters.mcp.result_text import tool_result
from adapters.mcp.server_lost import ServerLost
from domain.approval import EVERY_EFFECT
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult, ToolSpec


class McpTool:
    def __init__(
        self,
        served: ServedTool,
        *,
        name: str,
        client: Client,
        call_s: float,
        words: HttpWords | None = None,
    ) -> None:
        """What it says of its own harmlessness is a stranger's word: any effect is expected."""
        self.spec = ToolSpec(
            name=name,
            description=served.description or served.title or served.name,
            # Some models' servers want the properties named, be there none.
            parameters={"properties": {}, **served.input_schema},
            effects=EVERY_EFFECT,
        )
        self._served_name = served.name
        self._client = client
        self._call_s = call_s
        self._words = words

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
        return self._words is not None and self._words.is_session_lost

    def _reason(self, error: Exception) -> str:
        refusal = self._words.refusal if self._words else ""
        said = str(error) or type(error).__name__
        return f"{said} ({refusal})" if refusal else said
