"""A tool that a server of the Model Context Protocol offers, as one of our own."""

from collections.abc import Mapping

from mcp import Client
from mcp.types import Tool as ServedTool

from adapters.mcp.result_text import tool_result
from domain.errors import ToolError
from domain.tool_effect import EVERY_EFFECT
from ports.tool import ToolContext, ToolResult, ToolSpec


class McpTool:
    def __init__(self, served: ServedTool, *, name: str, client: Client, call_s: float) -> None:
        """What it says of its own harmlessness is a stranger's word: any effect is expected."""
        self.spec = ToolSpec(
            name=name,
            description=served.description or served.title or served.name,
            parameters=served.input_schema,
            effects=EVERY_EFFECT,
        )
        self._served_name = served.name
        self._client = client
        self._call_s = call_s

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
            raise ToolError(f"{self.spec.name}: {str(error) or type(error).__name__}") from error
        return tool_result(result)
