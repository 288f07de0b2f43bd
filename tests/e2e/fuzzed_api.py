"""Sends a server requests that its OpenAPI document allows or forbids, and checks the answers."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
)

from tests.e2e.running_server import running_server

Operation = APIOperation[Any, Any, Any, Any]
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# A stream is judged by its first frame, which comes at once; it would not end by itself.
_CONFIG = {
    "max-stream-events": 1,
    "request-timeout": 10,
    "checks": {
        "negative_data_rejection": {
            "expected-statuses": [400, 404, 405, 409, 413, 414, 415, 421, 422, 431]
        }
    },
}
_KINDS = ("shell", "react", "command", "claude-code", "codex", "gemini", "acp")
_HARMLESS = """\
[agents.shell]
kind = "command"
argv = ["true"]
hand_over = "none"
pty = false

[agents.react]
kind = "command"
argv = ["true"]
hand_over = "none"
pty = false
"""


class FuzzedApi:
    def __init__(self, base_url: str, http: requests.Session) -> None:
        self.answers: Counter[str] = Counter()
        """How often each operation was asked."""
        self._base_url = base_url
        self._http = http
        self._schema = schemathesis.openapi.from_dict(
            http.get(f"{base_url}/openapi.json").json(),
            config=schemathesis.Config.from_dict(_CONFIG),
        )

    @property
    def operations(self) -> list[Operation]:
        described = list(self._schema.get_all_operations())
        readable = [operation.ok() for operation in described if isinstance(operation, Ok)]
        assert len(readable) == len(described), described
        return readable

    def judge(self, operation: Operation, *, cases: int, is_repeatable: bool) -> None:
        """Raises what is wrong with an answer, for the smallest request that shows it."""

        @settings(
            max_examples=cases,
            derandomize=is_repeatable,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=self._cases(operation))
        def judged(case: Case[Any]) -> None:
            self._judge(case)

        judged()

    def _cases(self, operation: Operation) -> st.SearchStrategy[Case[Any]]:
        """Good and bad ones, half of them about a session and a task that exist."""
        strategies = [operation.as_strategy(mode) for mode in GenerationMode]
        if known := self._known(operation):
            strategies += [
                operation.as_strategy(mode, path_parameters=known) for mode in GenerationMode
            ]
        return st.one_of(strategies)

    def _known(self, operation: Operation) -> dict[str, str]:
        task = self._http.post(
            f"{self._base_url}/api/v1/tasks", json={"task": "x"}, headers={"Prefer": "wait=5"}
        ).json()
        known = {"task_id": task["task_id"], "session_id": task["session_id"], "name": "react"}
        return {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}

    def _judge(self, case: Case[Any]) -> None:
        if isinstance(case.body, dict):
            # The server would make the folder, wherever on this machine it is.
            case.body.pop("workspace", None)
            _make_harmless(case.body)
        response = case.call(base_url=self._base_url, session=self._http)
        self.answers[case.operation.label] += 1
        case.validate_response(response, checks=CHECKS)
        documented = case.operation.responses.status_codes
        assert str(response.status_code) in documented, f"{response.status_code}: {case!r}"


def _make_harmless(body: dict[str, Any]) -> None:
    """Has an agent that a request creates run `true`; an invalid request stays invalid."""
    if body.get("kind") in _KINDS:
        body["kind"] = "command"
    if isinstance(argv := body.get("argv"), list):
        argv.insert(0, "true")


@contextmanager
def fuzzed_api(folder: Path) -> Iterator[FuzzedApi]:
    """Of a server whose agents do nothing, whatever the task."""
    config = folder / "harmless.toml"
    config.write_text(_HARMLESS)
    with (
        running_server(folder / "data", AGENTCAST_CONFIG=str(config)) as server,
        requests.Session() as http,
    ):
        http.trust_env = False
        yield FuzzedApi(server.base_url, http)
