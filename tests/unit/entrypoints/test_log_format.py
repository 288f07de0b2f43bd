"""What an operator reads holds no secrets."""

import json
import re
import subprocess
import sys

from tests.patience import PATIENCE_S

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
PROGRAM = """
import logging
from entrypoints.log_format import start_logging
from entrypoints.settings.settings import Settings

def fail(key):
    raise ValueError("no such thing")

start_logging(Settings(log_format={log_format!r}))
try:
    fail("sk-" + "very-" + "secret")
except ValueError:
    logging.getLogger("agentcast").exception("it failed")
"""


def test_an_error_is_logged_with_its_place_but_without_the_values_at_hand() -> None:
    first, *trace = _logged("console").splitlines()

    assert re.fullmatch(rf"{TIME} \[error    \] it failed +\[agentcast\]", first)
    assert trace[-1] == "ValueError: no such thing"
    assert "in fail" in "".join(trace)
    assert "sk-very-secret" not in "".join(trace)


def test_a_program_reads_an_error_as_one_object_with_the_same() -> None:
    entry = json.loads(_logged("json"))

    assert re.fullmatch(TIME, entry.pop("timestamp"))
    assert "in fail" in (trace := entry.pop("exception"))
    assert trace.endswith("ValueError: no such thing")
    assert "sk-very-secret" not in trace
    assert entry == {"event": "it failed", "level": "error", "logger": "agentcast"}


def _logged(log_format: str) -> str:
    program = PROGRAM.format(log_format=log_format)
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return ended.stderr


def test_what_is_logged_holds_no_key_of_the_server_nor_any_that_is_known() -> None:
    program = """
import logging
from entrypoints.log_format import start_logging
from entrypoints.settings.settings import Settings

start_logging(Settings(openai_api_key="own-secret", database_url="postgresql://me:pass-word@db/x"))
try:
    raise ValueError("own-secret")
except ValueError:
    logging.getLogger("agentcast").exception("%s pass-word", "ghp_" + "a1B2" * 9)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )

    assert "[redacted] [redacted]" in ended.stderr
    assert "ValueError: [redacted]" in ended.stderr
    assert "a1B2" not in ended.stderr
