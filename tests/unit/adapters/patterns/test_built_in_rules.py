"""The built-in rules on lines as tools write them."""

from collections import deque
from itertools import islice
from time import thread_time

import pytest
import regex

from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from domain.built_in_rules import BUILT_IN_RULES, BuiltInRule, built_in_rule
from domain.extraction import MOST_FOUND, Captured, ExtractionRule
from domain.lines import MAX_LINE_CHARS

Groups = dict[str, Captured]


LONGER = 8
BETWEEN = 24  # between the 8 times of a linear pattern and the 64 of a quadratic one
REPETITIONS = 5


def cost_s(built_in: BuiltInRule, line: str) -> float:
    """In processor time of this thread, without a limit: only ratios on one machine are asserted."""
    rule = BUILT_IN_RULES[built_in]
    assert rule.pattern is not None
    pattern = regex.compile(rule.pattern, regex.IGNORECASE if rule.ignore_case else 0)
    began = thread_time()
    deque(islice(pattern.finditer(line), MOST_FOUND), maxlen=0)
    return thread_time() - began


def found(built_in: BuiltInRule, line: str) -> list[tuple[Captured, Groups | None]]:
    rules = RegexPatternMatcher().ready([built_in_rule(built_in)])
    return [(one.value, one.groups) for one in rules.find(line, text=line)]


def values(built_in: BuiltInRule, line: str) -> list[Captured]:
    return [value for value, _ in found(built_in, line)]


@pytest.mark.parametrize(
    ("line", "urls"),
    [
        ("see https://a.b/c?d=1&e=f.", ["https://a.b/c?d=1&e=f"]),
        ("(http://x.y/z_(w)) and [l](https://q.r/s)", ["http://x.y/z_(w)", "https://q.r/s"]),
        ("listening on http://localhost:8080, ws://[::1]:80/x", None),
        ("'https://h' \"https://i\" <https://j>", ["https://h", "https://i", "https://j"]),
        ("git@github.com:a/b.git and example.com", []),
    ],
)
def test_urls_end_where_the_sentence_goes_on(line: str, urls: list[str] | None) -> None:
    expected = ["http://localhost:8080", "ws://[::1]:80/x"] if urls is None else urls

    assert values("urls", line) == expected


@pytest.mark.parametrize(
    ("line", "groups"),
    [
        (
            "=== 1 failed, 12 passed, 3 skipped, 1 warning in 0.12s ===",
            {"failed": 1, "passed": 12, "skipped": 3},
        ),
        ("12 passed, 1 error in 65.02s (0:01:05)", {"passed": 12, "errors": 1}),
        (
            "Tests:       1 failed, 2 skipped, 3 passed, 6 total",
            {"failed": 1, "skipped": 2, "passed": 3, "total": 6},
        ),
        (
            " Tests  1 failed | 2 passed | 1 skipped (4)",
            {"failed": 1, "passed": 2, "skipped": 1},
        ),
        ("Ran 5 tests in 0.001s", {"total": 5}),
        (
            "FAILED (failures=1, errors=2, skipped=1)",
            {"failed": 1, "errors": 2, "skipped": 1},
        ),
        ("OK (skipped=1)", {"skipped": 1}),
        (
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; finished in 0.00s",
            {"passed": 5, "failed": 0, "skipped": 1},
        ),
        (
            "[ERROR] Tests run: 5, Failures: 1, Errors: 0, Skipped: 2, Time elapsed: 1 s",
            {"total": 5, "failed": 1, "errors": 0, "skipped": 2},
        ),
        ("5 examples, 1 failure, 1 pending", {"total": 5, "failed": 1, "skipped": 1}),
        ("  5 passing (10ms)", {"passed": 5}),
        ("  2 failing", {"failed": 2}),
        ("# pass 5", {"passed": 5}),
        ("\N{INFORMATION SOURCE} fail 0", {"failed": 0}),
    ],
)
def test_test_counts_are_integers_whatever_ran_the_tests(line: str, groups: Groups) -> None:
    assert [counted for _, counted in found("test_counts", line)] == [groups]


@pytest.mark.parametrize(
    "line",
    [
        "Test Suites: 1 failed, 1 total",
        " Test Files  1 failed | 2 passed (3)",
        "OK",
        "3 passed me",
    ],
)
def test_text_that_resembles_test_counts_is_ignored(line: str) -> None:
    assert found("test_counts", line) == []


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("tokens used: 12,345", [(12_345, None)]),
        (
            '{"input_tokens":1234,"cache_read_input_tokens":500,"output_tokens":20}',
            [
                (1234, {"kind": "input"}),
                (500, {"kind": "cache_read_input"}),
                (20, {"kind": "output"}),
            ],
        ),
        (
            "Tokens: 2.3k sent, 150 received. Cost: $0.01",
            [(2300, {"kind": "sent"}), (150, {"kind": "received"})],
        ),
        (
            "Token usage: total=12,345 input=12,000 (+ 3,000 cached) output=345",
            [(12_345, {"kind": "total"}), (12_000, {"kind": "input"}), (345, {"kind": "output"})],
        ),
        ("1,234 input tokens", [(1234, {"kind": "input"})]),
        ("12s - 1.2k tokens - esc to interrupt", [(1200, None)]),
        ("promptTokens: 12", [(12, {"kind": "prompt"})]),
        ("max_tokens=4096, Max tokens: 4096, token: abc", []),
    ],
)
def test_token_counts_are_integers_with_their_kind(
    line: str, counts: list[tuple[Captured, Groups | None]]
) -> None:
    assert found("token_counts", line) == counts


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ('  File "/a/b.py", line 12, in f', [("/a/b.py", {"line": 12})]),
        ("src/app.py:3:14: E501", [("src/app.py", {"line": 3, "column": 14})]),
        ("at f (/home/u/a.js:10:5)", [("/home/u/a.js", {"line": 10, "column": 5})]),
        ("a.ts(12,3): error", [("a.ts", {"line": 12, "column": 3})]),
        ("see README.md and ./foo/bar.sh.", [("README.md", None), ("./foo/bar.sh", None)]),
        ("/tmp/out/x and ~/notes/a.txt", [("/tmp/out/x", None), ("~/notes/a.txt", None)]),
        ("C:\\Users\\me\\a.txt here", [("C:\\Users\\me\\a.txt", None)]),
        ("wrote `src/ports/__init__.py`", [("src/ports/__init__.py", None)]),
        ("https://a.b/c.html, and/or, 12/11/2026, v1.2.3, e.g. example.com", []),
        ("GET /api/v1/tasks 200", []),
    ],
)
def test_file_paths_come_with_line_and_column(
    line: str, paths: list[tuple[Captured, Groups | None]]
) -> None:
    assert found("file_paths", line) == paths


@pytest.mark.parametrize(
    "line",
    [
        "ValueError: invalid literal",
        "Traceback (most recent call last):",
        "error[E0308]: mismatched types",
        "src/a.ts(1,2): error TS2345: Argument of type",
        "npm ERR! code ELIFECYCLE",
        "2026-11-21 10:00:00 ERROR worker stopped",
        "fatal: not a git repository",
        "E       assert 1 == 2",
        "FAILED tests/test_a.py::test_b - assert 0",
        "bash: foo: command not found",
        "thread 'main' panicked at src/main.rs:1",
        "main.c:3:5: error: expected ';'",
        "Segmentation fault (core dumped)",
    ],
)
def test_an_error_line_is_matched_whole(line: str) -> None:
    assert values("error_lines", f"  {line}") == [line]


@pytest.mark.parametrize(
    "line", ["0 errors, 0 warnings", "no errors", "Errors: 0", "error: 0", "terror: 1", "all fine"]
)
def test_a_line_without_an_error_is_ignored(line: str) -> None:
    assert found("error_lines", line) == []


@pytest.mark.parametrize("built_in", BUILT_IN_RULES)
@pytest.mark.parametrize(
    "piece",
    ["a", "1 ", "a/", "/a", "1 failed, ", "a.b", "1,234", "error ", "http://", "1 tokens ", "(",
     "tokens: ", "total=", " ", "1.", "A", "/tmp"],
)  # fmt: skip
def test_the_cost_of_a_built_in_rule_is_linear(built_in: BuiltInRule, piece: str) -> None:
    long = piece * (MAX_LINE_CHARS // len(piece))
    short = long[: len(long) // LONGER]

    costs = [(cost_s(built_in, short), cost_s(built_in, long)) for _ in range(REPETITIONS)]

    assert min(cost for _, cost in costs) < BETWEEN * min(cost for cost, _ in costs)


def test_a_built_in_rule_has_no_time_limit() -> None:
    line = "10 tokens " * (MAX_LINE_CHARS // 10)
    own = ExtractionRule(name="own", pattern="tokens")
    rules = RegexPatternMatcher(line_s=1e-9).ready([own, *BUILT_IN_RULES.values()])

    found = {one.rule for _ in range(3) for one in rules.find(line, text=line)}

    assert (rules.too_slow, found) == (("own",), {"token_counts"})


def test_a_built_in_rule_may_go_by_another_name() -> None:
    assert built_in_rule("urls", name="links").name == "links"
    assert {rule.name for rule in BUILT_IN_RULES.values()} == set(BUILT_IN_RULES)
