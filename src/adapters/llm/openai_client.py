"""Chat Completions and Responses through OpenAI's SDK; importing this needs the SDK."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from openai import APIError, AsyncOpenAI, AsyncStream

from adapters.llm.answer import Answer, answer_parts
from adapters.llm.chat_answer import ChatAnswer
from adapters.llm.chat_request import chat_body
from adapters.llm.deadlines import Deadlines
from adapters.llm.kept_reasoning import Json
from adapters.llm.openai_api import OpenAIApi
from adapters.llm.openai_errors import openai_error
from adapters.llm.reasoning_effort import ReasoningEffort
from adapters.llm.responses_answer import ResponsesAnswer
from adapters.llm.responses_request import responses_body
from adapters.llm.served_model import Ask
from ports.language_model import ModelPart, ModelRequest


@asynccontextmanager
async def connected_openai(
    *,
    api: OpenAIApi,
    api_key: str,
    base_url: str,
    model: str,
    effort: ReasoningEffort | None,
    deadlines: Deadlines,
) -> AsyncIterator[Ask]:
    client = AsyncOpenAI(
        # The SDK refuses an empty key; servers on one's own machine want none.
        api_key=api_key or "none",
        base_url=base_url,
        max_retries=0,
        timeout=httpx2.Timeout(deadlines.longest_s, connect=deadlines.connect_s),
    )

    def parts(path: str, body: Json, answer: Answer) -> AsyncGenerator[ModelPart]:
        return answer_parts(
            # Untyped on purpose: the SDK's own classes take any shape without checking it.
            lambda: client.post(
                path, cast_to=object, body=body, stream=True, stream_cls=AsyncStream[object]
            ),
            answer=answer,
            deadlines=deadlines,
            faults=(APIError,),
            as_model_error=lambda error: openai_error(error, api_key=api_key),
        )

    def ask(request: ModelRequest) -> AsyncGenerator[ModelPart]:
        chosen = request.model or model
        match api:
            case "chat":
                body = chat_body(request, model=chosen, effort=effort)
                answer: Answer = ChatAnswer(request, model=chosen)
                return parts("/chat/completions", body, answer)
            case "responses":
                body = responses_body(request, model=chosen, effort=effort)
                answer = ResponsesAnswer(request, model=chosen)
                return parts("/responses", body, answer)

    async with client:
        yield ask
