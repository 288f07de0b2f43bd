"""How much a model is asked to reason."""

from typing import Literal

ReasoningEffort = Literal["low", "medium", "high"]
