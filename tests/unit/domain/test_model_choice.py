"""Which models a task may name, and how a command gets them."""

import pytest

from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput
from domain.ids import AgentName
from domain.model_choice import argv_for_model, check_model

REACT = AgentProfile(name=AgentName("react"), kind="react")
PLACE = ("x", "--model={model}", "{task}")


def program(
    *,
    argv: tuple[str, ...] = PLACE,
    resume_argv: tuple[str, ...] = (),
    model: str | None = None,
    models: tuple[str, ...] | None = None,
    kind: str = "command",
) -> AgentProfile:
    return AgentProfile(
        name=AgentName("x"),
        kind=kind,
        argv=argv,
        resume_argv=resume_argv,
        model=model,
        models=models,
    )


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        ("gpt-4o", REACT),
        ("meta-llama/Llama-3.1-8B-Instruct:free", REACT),
        ("my model é", REACT),
        ("m" * 200, REACT),
        ("m", program()),
        ("m", program(argv=("x", "-m", "{model}"), resume_argv=PLACE)),
        ("m", program(kind="acp")),
        ("m", program(kind="acp", argv=("x", "--acp"))),
        ("b", program(models=("a", "b"))),
        ("own", program(model="own", models=())),
    ],
)
def test_an_agent_that_asks_a_model_takes_its_name(model: str, profile: AgentProfile) -> None:
    check_model(model, profile)


@pytest.mark.parametrize(
    ("model", "profile", "message"),
    [
        ("", REACT, "1 to 200 characters"),
        ("m" * 201, REACT, "1 to 200 characters"),
        ("a\nb", REACT, "control characters"),
        ("a\x7fb", REACT, "control characters"),
        ("a\u202eb", REACT, "control characters"),
        ("\ud800", REACT, "control characters"),
        (" a", REACT, "begin or end blank"),
        ("--yolo", REACT, "begin with a dash"),
        ("m", program(kind="shell"), "runs commands and asks no model"),
        ("m", program(argv=("x", "{task}")), "its argv should have a place"),
        ("m", program(argv=()), "its argv should have a place"),
        ("m", program(resume_argv=("x", "{thread}")), "argv and resume_argv should have"),
        ("c", program(models=("a", "b")), "may use a, b"),
        ("c", program(model="own", models=("a",)), "may use own, a"),
        ("c", program(models=()), "none but its own"),
    ],
)
def test_a_name_that_is_of_no_use_is_refused_with_the_reason(
    model: str, profile: AgentProfile, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        check_model(model, profile)

    assert refused.value.field == "model"


@pytest.mark.parametrize(
    ("argv", "left"),
    [
        (("x", "--model={model}", "t"), ("x", "t")),
        (("x", "-m", "{model}", "t"), ("x", "t")),
        (("x", "--", "{model}"), ("x", "--")),
        (("x", "{model}"), ("x",)),
        (("x", "t"), ("x", "t")),
    ],
)
def test_without_a_model_its_place_is_left_out_with_its_option(
    argv: tuple[str, ...], left: tuple[str, ...]
) -> None:
    assert argv_for_model(argv, None) == left
    assert argv_for_model(argv, "m") == argv
