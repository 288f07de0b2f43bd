"""The adapters of HTTP models, each with a loopback server of its protocol."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.llm.anthropic_model import AnthropicModel
from adapters.llm.model_options import ReasoningEffort
from adapters.llm.openai_model import OpenAIModel
from adapters.llm.served_model import Deadlines, ServedModel
from domain.ids import CallId
from ports.language_model import ModelRequest, ToolCall, UserMessage
from ports.price_list import PriceList
from ports.tool import ToolSpec
from tests.model_replies import Reply
from tests.model_server import ModelServer, Speak, chat_events, model_server
from tests.model_wires.messages import Messages
from tests.model_wires.responses import Responses
from tests.patience import PATIENCE_S

KEY = "sk-very-secret"
SHELL = ToolSpec(name="shell", description="Run it.", parameters={"type": "object"})
LS = ToolCall(
    call_id=CallId("a"),
    tool_name="shell",
    arguments={"command": "ls"},
    raw_arguments='{"command": "ls"}',
)
HELLO = ModelRequest(messages=[UserMessage(content="hello")], tools=[])
PATIENT = Deadlines(connect_s=PATIENCE_S, first_token_s=PATIENCE_S, idle_s=PATIENCE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    deadlines: Deadlines = PATIENT
    effort: ReasoningEffort | None = None
    prices: PriceList | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelApi:
    name: str
    speak: Speak
    at: Callable[[ModelServer, ModelOptions], ServedModel]

    @asynccontextmanager
    async def by(
        self, *replies: Reply, options: ModelOptions | None = None
    ) -> AsyncIterator[tuple[ServedModel, ModelServer]]:
        async with model_server(replies, speak=self.speak) as server:
            yield self.at(server, options or ModelOptions()), server


def _chat(server: ModelServer, options: ModelOptions) -> ServedModel:
    return OpenAIModel(
        api_key=KEY,
        base_url=server.base_url,
        model="m",
        effort=options.effort,
        deadlines=options.deadlines,
        prices=options.prices,
    )


def _responses(server: ModelServer, options: ModelOptions) -> ServedModel:
    return OpenAIModel(
        api_key=KEY,
        base_url=server.base_url,
        model="m",
        api="responses",
        effort=options.effort,
        deadlines=options.deadlines,
        prices=options.prices,
    )


def _messages(server: ModelServer, options: ModelOptions) -> ServedModel:
    return AnthropicModel(
        api_key=KEY,
        base_url=server.root_url,
        model="m",
        effort=options.effort,
        deadlines=options.deadlines,
        prices=options.prices,
    )


CHAT = ModelApi(name="chat", speak=chat_events, at=_chat)
RESPONSES = ModelApi(name="responses", speak=Responses().events, at=_responses)
MESSAGES = ModelApi(name="messages", speak=Messages().events, at=_messages)
SERVED: Sequence[ModelApi] = (CHAT, RESPONSES, MESSAGES)
