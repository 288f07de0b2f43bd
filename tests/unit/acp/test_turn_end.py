"""What an agent's answer to a prompt says besides how the turn has ended."""

from acp.exceptions import RequestError

from adapters.acp.turn_end import refusal_of


def test_an_error_of_a_models_server_is_told_in_its_words() -> None:
    words = '{"error":{"code":401,"message":"the key is wrong","status":"UNAUTHENTICATED"}}'

    assert refusal_of(RequestError(401, words)) == "the key is wrong"


def test_an_error_of_the_agent_is_told_with_its_details() -> None:
    error = RequestError(-32603, "Internal error", {"details": "no such conversation"})

    assert refusal_of(error) == "Internal error: no such conversation"
