"""Which model a task may name, and its place in the command of an agent."""

from collections.abc import Iterable, Sequence

from domain.agent_options import KINDS_WITH_ARGV
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput

MODEL_PLACE = "{model}"
MAX_MODEL_CHARS = 200

_WITHOUT_PLACE = frozenset({"react", "acp"})
"""Kinds that take a model without a placeholder in their command."""
_WITHOUT_A_MODEL = frozenset({"shell"})


def check_model(model: str, profile: AgentProfile) -> None:
    """Raises InvalidInput for a model that a task of this agent may not name."""
    check_model_names((model,), field="model")
    if profile.kind in _WITHOUT_A_MODEL:
        raise InvalidInput("model", f"agent {profile.name!r} runs commands and asks no model")
    if not _has_place(profile):
        raise InvalidInput("model", _no_place(profile))
    if profile.models is not None and model not in (profile.model, *profile.models):
        allowed = ", ".join(dict.fromkeys(filter(None, (profile.model, *profile.models))))
        choice = f"may use {allowed}" if allowed else "may use none but its own"
        raise InvalidInput("model", f"agent {profile.name!r} may not use {model!r}; it {choice}")


def check_models(profile: AgentProfile) -> None:
    """Raises InvalidInput for models that this agent cannot be given."""
    named = {
        "model": () if profile.model is None else (profile.model,),
        "models": profile.models or (),
    }
    for field, models in named.items():
        check_model_names(models, field=field)
        if models and profile.kind in KINDS_WITH_ARGV and not _has_place(profile):
            raise InvalidInput(field, _no_place(profile))


def check_model_names(names: Iterable[str], *, field: str) -> None:
    """Raises InvalidInput for what cannot be the name of a model."""
    for name in names:
        if not 0 < len(name) <= MAX_MODEL_CHARS:
            message = f"the name of a model should have 1 to {MAX_MODEL_CHARS} characters"
            raise InvalidInput(field, message)
        if not name.isprintable() or name != name.strip():
            message = "the name of a model may not hold control characters or begin or end blank"
            raise InvalidInput(field, message)
        if name.startswith("-"):
            raise InvalidInput(field, "the name of a model may not begin with a dash")


def argv_for_model(argv: Sequence[str], model: str | None) -> tuple[str, ...]:
    """Without a model, the item with its placeholder is dropped, with an option in front of it."""
    kept: list[str] = []
    for item in argv:
        if model is not None or MODEL_PLACE not in item:
            kept.append(item)
        elif item == MODEL_PLACE and kept and kept[-1].startswith("-") and kept[-1] != "--":
            kept.pop()
    return tuple(kept)


def _has_place(profile: AgentProfile) -> bool:
    if profile.kind in _WITHOUT_PLACE:
        return True
    commands = [argv for argv in (profile.argv, profile.resume_argv) if argv]
    return bool(commands) and all(any(MODEL_PLACE in item for item in argv) for argv in commands)


def _no_place(profile: AgentProfile) -> str:
    which = "argv and resume_argv" if profile.resume_argv else "argv"
    return (
        f"agent {profile.name!r} takes no model: "
        f"its {which} should have a place for it, as --model={MODEL_PLACE}"
    )
