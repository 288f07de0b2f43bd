"""The table of promises names tests that are there."""

import re

from tests.architecture.linted_tree import PROJECT

NAMED = re.compile(r"`([a-z0-9_]+/[a-z0-9_/]*(?:\.py)?)(?:::(test_\w+))?`")


def test_every_test_that_holds_a_promise_exists() -> None:
    named = NAMED.findall((PROJECT / "docs/guarantees.md").read_text())

    assert [f"{path}::{test}" for path, test in named if not exists(path, test)] == []
    assert len(named) > 50


def exists(path: str, test: str) -> bool:
    file = PROJECT / "tests" / path
    return file.exists() and (not test or f"def {test}(" in file.read_text())
