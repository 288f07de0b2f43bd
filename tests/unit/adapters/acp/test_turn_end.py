"""The fields of an agent's answer to a prompt besides its stop reason."""

import pytest
from acp.exceptions import RequestError

from adapters.acp.turn_end import error_text, turn_failure


def test_an_error_of_a_model_server_has_its_message_and_status() -> None:
    words = '{"error":{"code":401,"message":"the key is wrong","status":"UNAUTHENTICATED"}}'

    assert error_text(RequestError(401, words)) == "401 the key is wrong"


def test_an_error_of_the_agent_has_its_details() -> None:
    error = RequestError(-32603, "Internal error", {"details": "no such conversation"})

    assert error_text(error) == "Internal error: no such conversation"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        # Of gemini, opencode, codex-acp, qwen and claude-agent-acp, as they were seen.
        (RequestError(429, "too many"), "429 too many"),
        (
            RequestError(
                -32603,
                "Internal error: no key",
                {"service": "session", "errorName": "APIError"},
            ),
            "Internal error: no key",
        ),
        (
            RequestError(
                -32603,
                "Internal error",
                {
                    "message": "unexpected status 401 Unauthorized: no key, url: http://x/v1",
                    "codex_error_info": "other",
                },
            ),
            "Internal error: unexpected status 401 Unauthorized: no key, url: http://x/v1",
        ),
        (
            RequestError(
                -32603,
                "Internal error",
                {
                    "message": '{"error": {"message": "no such model", "code": null}}',
                    "codex_error_info": "other",
                },
            ),
            "Internal error: no such model",
        ),
        (
            RequestError(
                -32603,
                "Internal error",
                {"message": "high demand", "codex_error_info": "internal_server_error"},
            ),
            "Internal error: high demand",
        ),
        (
            RequestError(-32603, "Internal error", {"details": "500 the server has a fault"}),
            "Internal error: 500 the server has a fault",
        ),
        (
            RequestError(-32603, "Internal error: API Error: 400 no", {"errorKind": "unknown"}),
            "Internal error: API Error: 400 no",
        ),
    ],
)
def test_a_failure_of_the_model_is_recognised(error: RequestError, words: str) -> None:
    failed = turn_failure(error)

    assert (failed.reason, failed.error) == ("model_error", f"The agent failed: {words}")


@pytest.mark.parametrize(
    "error",
    [
        RequestError(-32603, "Internal error", {"details": "no such conversation"}),
        RequestError(-32603, "Internal error", {"errorName": "UnknownError"}),
        RequestError(
            -32603, "Internal error", {"message": "no", "codex_error_info": "sandbox_error"}
        ),
        RequestError(-32602, "Invalid params", {"details": "port 4010 is taken, 500 files read"}),
        RequestError(-32603, "Internal error", ["no object"]),
    ],
)
def test_a_failure_of_the_agent_itself_is_no_model_error(error: RequestError) -> None:
    assert turn_failure(error).reason == "agent_error"
