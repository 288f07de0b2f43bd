"""The tool with which a model asks a person."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from adapters.tools.bounded_text import bounded
from ports.tool import ToolContext, ToolResult

Choice = Annotated[str, Field(min_length=1, max_length=200)]


class AskUserArguments(Arguments):
    question: str = Field(
        min_length=1, max_length=4000, description="One question, with all that is needed for it."
    )
    choices: list[Choice] = Field(
        default_factory=list,
        max_length=10,
        description="Short answers to choose from, if there are few; another may be given.",
    )


class AskUserTool:
    spec = tool_spec(
        "ask_user",
        "Ask the person who gave the task, and wait for the answer. Only for what neither the "
        "task nor the other tools can tell.",
        AskUserArguments,
    )

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed_arguments(AskUserArguments, arguments)
        return bounded(await context.ask(wanted.question, choices=wanted.choices))
