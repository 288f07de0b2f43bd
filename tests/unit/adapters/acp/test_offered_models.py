import pytest

from adapters.acp.offered_models import OfferedModels, offered_models
from domain.errors import StartFailed

Json = dict[str, object]


def test_models_are_those_of_the_option_of_that_category_also_in_groups() -> None:
    fast: Json = {"group": "fast", "options": [{"value": "a", "name": "A"}]}
    option: Json = {"id": "llm", "category": "model", "currentValue": "b"}
    mode: Json = {"id": "mode", "category": "mode", "options": [{"value": "plan"}]}
    offered = offered_models(
        {"configOptions": [mode, {**option, "options": [fast, {"value": "b"}]}]}
    )

    assert offered == OfferedModels(current="b", names={"a": "A", "b": ""}, option="llm")
    assert offered.request("s", "a") == (
        "session/set_config_option",
        {"sessionId": "s", "configId": "llm", "value": "a"},
    )


def test_models_are_those_of_the_session_where_there_is_no_such_option() -> None:
    models: Json = {
        "currentModelId": "a",
        "availableModels": [{"modelId": "a", "name": "A"}],
    }
    offered = offered_models({"models": models, "configOptions": [{"id": "mode"}]})

    assert offered == OfferedModels(current="a", names={"a": "A"}, option=None)
    assert offered.request("s", "a") == (
        "session/set_model",
        {"sessionId": "s", "modelId": "a"},
    )


@pytest.mark.parametrize("session", [{}, {"models": None}, {"models": {}}, {"configOptions": 3}])
def test_a_session_may_offer_no_choice(session: Json) -> None:
    assert offered_models(session) is None


def test_a_name_that_two_models_have_chooses_neither() -> None:
    offered = OfferedModels(current="a", names={"a": "Same", "b": "Same"}, option=None)

    with pytest.raises(StartFailed, match="no model 'Same'; it has a, b"):
        offered.find("Same")


def test_of_hundreds_of_models_the_most_similar_are_listed() -> None:
    names = {f"m{number}": "" for number in range(300)}
    offered = OfferedModels(current="m0", names=names, option=None)

    listed = offered.listed("m299x")

    assert listed.startswith("m299, ")
    assert listed.endswith(" and 280 more")
