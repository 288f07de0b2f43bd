"""Options of model servers, as settings name them."""

from typing import Literal

ReasoningEffort = Literal["low", "medium", "high"]
"""How much a model should reason."""
OpenAIApi = Literal["chat", "responses"]
"""Chat Completions or Responses."""
