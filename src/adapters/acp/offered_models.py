"""The models that an agent offers for a session, and the request that chooses one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from adapters.acp.messages import JsonObject, json_list, json_object, json_text
from domain.errors import StartFailed

_MOST_NAMED = 20  # some offer hundreds


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedModels:
    current: str
    names: Mapping[str, str]
    """Display name by model id."""
    option: str | None
    """The id of the configuration option; None for agents with `session/set_model`."""

    def find(self, wanted: str) -> str:
        """The id of the model with this id or unique display name.

        Raises StartFailed, which lists the models there are.
        """
        named = [model for model, name in self.names.items() if name == wanted]
        if wanted in self.names:
            return wanted
        if len(named) == 1:
            return named[0]
        raise StartFailed(f"the agent has no model {wanted!r}; it has {self.listed(wanted)}")

    def listed(self, wanted: str) -> str:
        """All ids, or those most similar to `wanted` and the number of the rest."""
        more = len(self.names) - _MOST_NAMED
        if more <= 0:
            return ", ".join(self.names)
        alike = get_close_matches(wanted, self.names, n=_MOST_NAMED, cutoff=0.0)
        return f"{', '.join(alike)} and {more} more"

    def request(self, session_id: str, model: str) -> tuple[str, JsonObject]:
        if self.option is None:
            return "session/set_model", {"sessionId": session_id, "modelId": model}
        chosen: JsonObject = {"configId": self.option, "value": model}
        return "session/set_config_option", {"sessionId": session_id, **chosen}


def offered_models(session: JsonObject) -> OfferedModels | None:
    """From the answer that opened or configured a session. None if it offers no choice."""
    for option in map(json_object, json_list(session.get("configOptions"))):
        if option.get("category") == "model" and (names := dict(_choices(option.get("options")))):
            return OfferedModels(
                current=json_text(option.get("currentValue")),
                names=names,
                option=json_text(option.get("id")),
            )
    models = json_object(session.get("models"))
    if not (names := dict(_choices(models.get("availableModels")))):
        return None
    return OfferedModels(current=json_text(models.get("currentModelId")), names=names, option=None)


def _choices(offered: object) -> Iterator[tuple[str, str]]:
    """Ids and names; options may be nested in groups."""
    for choice in map(json_object, json_list(offered)):
        yield from _choices(choice.get("options"))
        if model := json_text(choice.get("value")) or json_text(choice.get("modelId")):
            yield model, json_text(choice.get("name"))
