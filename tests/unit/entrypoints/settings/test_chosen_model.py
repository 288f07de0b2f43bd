"""Which model the settings lead to."""

import pytest

from adapters.llm.anthropic_model import AnthropicModel
from adapters.llm.openai_model import OpenAIModel
from adapters.llm.scripted_model import ScriptedModel
from entrypoints.settings.chosen_model import chosen_model, model_choice
from entrypoints.settings.settings import Settings


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in ("OPENAI", "ANTHROPIC"):
        monkeypatch.delenv(f"{provider}_API_KEY", raising=False)
        monkeypatch.delenv(f"{provider}_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("settings", "kind", "name"),
    [
        (Settings(llm_provider="scripted"), ScriptedModel, "scripted"),
        (Settings(llm_provider="openai"), OpenAIModel, "openai:gpt-4o"),
        (Settings(llm_provider="openai", openai_api="responses"), OpenAIModel, "openai:gpt-4o"),
        (Settings(llm_provider="anthropic"), AnthropicModel, "anthropic:claude-sonnet-5"),
        (Settings(llm_provider="anthropic", llm_model="m"), AnthropicModel, "anthropic:m"),
    ],
)
def test_a_model_is_made_by_the_provider_that_is_asked_for(
    settings: Settings, kind: type, name: str
) -> None:
    model = chosen_model(settings)

    assert (type(model), model.name) == (kind, name)


@pytest.mark.parametrize(
    ("settings", "choice"),
    [
        ({}, ("scripted", None)),
        ({"anthropic_api_key": "k"}, ("anthropic", "ANTHROPIC_API_KEY")),
        ({"openai_api_key": "k", "anthropic_api_key": "k"}, ("openai", "OPENAI_API_KEY")),
        ({"openai_base_url": "u", "anthropic_api_key": "k"}, ("anthropic", "ANTHROPIC_API_KEY")),
        ({"openai_base_url": "u"}, ("openai", "OPENAI_BASE_URL")),
        # An address alone is what other agents need that are behind a gateway.
        ({"anthropic_base_url": "u"}, ("scripted", None)),
        (
            {"openai_api_key": "k", "llm_provider": "anthropic"},
            ("anthropic", "AGENTCAST_LLM_PROVIDER"),
        ),
    ],
)
def test_a_provider_is_chosen_by_the_key_that_is_there(
    settings: dict[str, str], choice: tuple[str, str | None]
) -> None:
    assert model_choice(Settings(**settings)) == choice  # type: ignore[arg-type]


def test_keys_are_not_shown() -> None:
    assert "sk-canary" not in repr(Settings(anthropic_api_key="sk-canary"))
