"""Thousands of requests, new ones each time, with more of the same promise."""

from pathlib import Path

import pytest

from tests.e2e.fuzzed_api import fuzzed_api

CASES = 2_000


@pytest.mark.load
def test_every_one_of_thousands_of_answers_was_announced(tmp_path: Path) -> None:
    with fuzzed_api(tmp_path) as api:
        while api.answers.total() < CASES:
            for operation in api.operations:
                api.judge(operation, cases=100, is_repeatable=False)

    assert set(api.answers) == {operation.label for operation in api.operations}
