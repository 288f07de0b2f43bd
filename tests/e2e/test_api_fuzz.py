"""Nothing that can be asked of the server breaks it or gets an answer it did not announce."""

from pathlib import Path

from tests.e2e.fuzzed_api import fuzzed_api


def test_every_answer_is_one_that_was_announced(tmp_path: Path) -> None:
    with fuzzed_api(tmp_path) as api:
        for operation in api.operations:
            api.judge(operation, cases=15, is_repeatable=True)

    assert set(api.answers) == {operation.label for operation in api.operations}
