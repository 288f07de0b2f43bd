"""What an agent's answer to a prompt says besides how the turn has ended."""

from acp.exceptions import RequestError

from adapters.acp.turn_end import refusal_of, usage_of


def test_the_sums_of_a_turn_are_read_in_the_words_of_the_protocol() -> None:
    usage = {"inputTokens": 40, "outputTokens": 20}

    assert usage_of({"stopReason": "end_turn", "usage": usage}) == usage


def test_the_sums_of_a_turn_are_read_in_the_words_of_gemini_cli() -> None:
    sums = {"input_tokens": 40, "output_tokens": 20}
    by_model = [{"model": "gemini-2.5-pro", "token_count": sums}]
    quota = {"token_count": sums, "model_usage": by_model}

    told = usage_of({"stopReason": "end_turn", "_meta": {"quota": quota}})

    assert told == {"inputTokens": 40, "outputTokens": 20}


def test_an_answer_without_sums_has_none() -> None:
    assert usage_of({"stopReason": "end_turn", "_meta": {"quota": None}}) == {}


def test_an_error_of_a_models_server_is_told_in_its_words() -> None:
    words = '{"error":{"code":401,"message":"the key is wrong","status":"UNAUTHENTICATED"}}'

    assert refusal_of(RequestError(401, words)) == "the key is wrong"


def test_an_error_of_the_agent_is_told_with_its_details() -> None:
    error = RequestError(-32603, "Internal error", {"details": "no such conversation"})

    assert refusal_of(error) == "Internal error: no such conversation"
