"""What an operator reads holds no secrets."""

import subprocess
import sys

import pytest

PROGRAM = """
import logging
from entrypoints.log_format import start_logging
from entrypoints.settings import Settings

def fail(key):
    raise ValueError("no such thing")

start_logging(Settings(log_format={log_format!r}))
try:
    fail("sk-" + "very-" + "secret")
except ValueError:
    logging.getLogger("agentcast").exception("it failed")
"""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_an_error_is_logged_with_its_place_but_without_the_values_at_hand(
    log_format: str,
) -> None:
    program = PROGRAM.format(log_format=log_format)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert "it failed" in ended.stderr
    assert "ValueError: no such thing" in ended.stderr
    assert "in fail" in ended.stderr
    assert "sk-very-secret" not in ended.stderr


def test_what_is_logged_holds_no_key_of_the_server_nor_any_that_is_known() -> None:
    program = """
import logging
from entrypoints.log_format import start_logging
from entrypoints.settings import Settings

start_logging(Settings(openai_api_key="own-secret", database_url="postgresql://me:pass-word@db/x"))
try:
    raise ValueError("own-secret")
except ValueError:
    logging.getLogger("agentcast").exception("%s pass-word", "ghp_" + "a1B2" * 9)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert "[redacted] [redacted]" in ended.stderr
    assert "ValueError: [redacted]" in ended.stderr
    assert "a1B2" not in ended.stderr
