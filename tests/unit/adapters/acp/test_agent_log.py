"""An agent's output outside the protocol, and the part that is quoted when it dies."""

from adapters.acp.agent_log import AgentLog
from domain.redaction import Redactor


def test_a_quoted_long_line_has_no_part_of_a_secret() -> None:
    log = AgentLog(redactor=Redactor(["a-secret-of-the-server"]))

    list(log.error_output("x" * 490 + " a-secret-of-the-server is not right\n"))

    assert log.last_lines.startswith("x" * 490)
    assert "a-secret" not in log.last_lines
