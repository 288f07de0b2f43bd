"""What a served tool gave, as text for a model; what is no text is named."""

import json
from collections.abc import Iterator, Sequence

from mcp.types import (
    AudioContent,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from domain.omitted_content import omitted_content
from ports.tool import ToolResult

_MOST_CHARS = 32 * 1024


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
