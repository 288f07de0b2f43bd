"""Names of served tools, as models take them."""

from adapters.mcp.mcp_tool import tool_names


def test_the_servers_name_comes_first() -> None:
    assert tool_names("files", ["read", "write"]) == ["files__read", "files__write"]


def test_characters_that_models_refuse_are_replaced() -> None:
    assert tool_names("s", ["a.b/c d", "ä"]) == ["s__a_b_c_d", "s___"]


def test_names_that_become_the_same_are_numbered() -> None:
    assert tool_names("s", ["a.b", "a b", "a_b"]) == ["s__a_b", "s__a_b_2", "s__a_b_3"]


def test_long_names_are_cut_and_stay_different() -> None:
    cut, numbered = tool_names("s", ["x" * 80, "x" * 81])

    assert cut == "s__" + "x" * 61
    assert numbered == "s__" + "x" * 57 + "_2"
