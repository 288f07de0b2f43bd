"""Which of the two ways of speaking to a model of OpenAI a server has."""

from typing import Literal

OpenAIApi = Literal["chat", "responses"]
