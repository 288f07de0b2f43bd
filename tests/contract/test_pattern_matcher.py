"""What every pattern matcher promises."""

from collections.abc import Callable
from functools import partial

import pytest

from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from domain.errors import InvalidInput
from domain.extraction import MOST_FOUND, CaptureType, ExtractionRule, Found
from ports.pattern_matcher import PatternMatcher

MATCHERS: list[Callable[[], PatternMatcher]] = [partial(RegexPatternMatcher, line_s=None)]
"""However slow or busy the processor is, they come to their end."""
TIMED: list[Callable[[], PatternMatcher]] = [RegexPatternMatcher]
A_LONG_WAY = "a" * 30_000 + "!"


@pytest.fixture(params=MATCHERS)
def matcher(request: pytest.FixtureRequest) -> PatternMatcher:
    made: PatternMatcher = request.param()
    return made


@pytest.fixture(params=TIMED)
def timed(request: pytest.FixtureRequest) -> PatternMatcher:
    made: PatternMatcher = request.param()
    return made


def rule(
    name: str = "it",
    *,
    pattern: str | None = None,
    json_path: str | None = None,
    types: dict[str, CaptureType] | None = None,
    ignore_case: bool = False,
    every_match: bool = True,
) -> ExtractionRule:
    return ExtractionRule(
        name=name,
        pattern=pattern,
        json_path=json_path,
        types=tuple((types or {}).items()),
        ignore_case=ignore_case,
        every_match=every_match,
    )


def found(matcher: PatternMatcher, one: ExtractionRule, line: str) -> list[Found]:
    return list(matcher.ready([one]).find(line, text=line))


@pytest.mark.parametrize(
    ("pattern", "line", "values"),
    [
        (r"v(\d)", "v1 v2", ["1", "2"]),
        (r"\w+@\w+", "mail a@b now", ["a@b"]),
        (r"(x)(?P<value>y)", "xy", ["y"]),
        (r"(a)|(b)", "ab", ["a", "b"]),
        (r"c|(d)", "c", ["c"]),
        (r"\d*", "no digits", []),
        (r"A", "a", []),
    ],
)
def test_the_value_is_the_named_group_else_the_first_else_the_match(
    matcher: PatternMatcher, pattern: str, line: str, values: list[str]
) -> None:
    assert [one.value for one in found(matcher, rule(pattern=pattern), line)] == values


def test_groups_have_the_declared_types(matcher: PatternMatcher) -> None:
    counts = rule(
        pattern=r"(?P<passed>\d+) passed(?:, (?P<failed>\d+) failed)?(?P<end>\.)?",
        types={"passed": "integer", "failed": "integer"},
    )

    assert found(matcher, counts, "3 passed, 1 failed") == [
        Found(rule="it", value=3, groups={"passed": 3, "failed": 1})
    ]
    assert found(matcher, counts, "12 passed.") == [
        Found(rule="it", value=12, groups={"passed": 12, "end": "."})
    ]


def test_case_and_further_matches_are_ignored_by_default(
    matcher: PatternMatcher,
) -> None:
    once = rule(pattern="a", ignore_case=True, every_match=False)

    assert found(matcher, once, "A a") == [Found(rule="it", value="A")]


def test_patterns_see_the_text_and_paths_the_line(matcher: PatternMatcher) -> None:
    rules = matcher.ready([rule("p", pattern="red"), rule("j", json_path="$.a")])

    assert rules.find('{"a": 1}', text="red") == [
        Found(rule="p", value="red"),
        Found(rule="j", value=1),
    ]


@pytest.mark.parametrize(
    ("path", "kind", "values"),
    [
        ("$.a.b", None, [3.5]),
        ("$.c[*].d", None, [1, "x", True]),
        ("$.c[?@.d == 1].e", None, ["one"]),
        ("$..e", None, ["one"]),
        ("$.c[?search(@.e, '^o')].d", None, [1]),
        ("$.a", None, ['{"b":3.5}']),
        ("$.n", None, []),
        ("$.none", None, []),
        ("$.s", "integer", [1200]),
        ("$.c[0].d", "number", [1.0]),
        ("$.big", None, ["9" * 30]),
    ],
)
def test_a_path_finds_values_of_the_types_they_have_in_json(
    matcher: PatternMatcher, path: str, kind: CaptureType | None, values: list[object]
) -> None:
    line = (
        '{"a":{"b":3.5},"c":[{"d":1,"e":"one"},{"d":null},{"d":"x"},{"d":true}],"n":null,'
        f'"s":"1.2k","big":{"9" * 30}}}'
    )

    one = rule(json_path=path, types={} if kind is None else {"value": kind})

    assert [each.value for each in found(matcher, one, line)] == values


@pytest.mark.parametrize(
    "line", ["", "plain", "{", '{"a":NaN}', '{"a":1e999}', "[" * 20_000, '"a"', "1"]
)
def test_a_line_that_is_no_json_object_or_array_has_nothing_for_a_path(
    matcher: PatternMatcher, line: str
) -> None:
    assert found(matcher, rule(json_path="$..*"), line) == []


def test_the_matches_of_one_rule_in_one_line_are_bounded(matcher: PatternMatcher) -> None:
    rules = matcher.ready([rule("p", pattern="a"), rule("j", json_path="$[*]")])

    found = rules.find(str([1] * 1000), text="a" * 1000)

    assert [one.rule for one in found] == ["p"] * MOST_FOUND + ["j"] * MOST_FOUND


@pytest.mark.parametrize(
    "pattern", [r"(a|aa)+$", r"^(\w+\s?)*$", r"(?:a+)+$", r"(?R)", r"(\w+)*\1$"]
)
def test_a_pattern_that_times_out_is_dropped(timed: PatternMatcher, pattern: str) -> None:
    rules = timed.ready([rule("slow", pattern=pattern), rule("quick", pattern="!")])

    first = rules.find(A_LONG_WAY, text=A_LONG_WAY)

    assert first == [Found(rule="quick", value="!")]
    assert rules.too_slow == ("slow",)
    assert rules.find("a", text="a!") == [Found(rule="quick", value="!")]


@pytest.mark.parametrize(
    "path",
    [
        "$..*..*..*..nowhere",
        "$..[?@..*..*..nowhere]",
        "$..[?$..*..*..nowhere]",
        "$..[?search(@, '(q|qq)+$')]",
    ],
)
def test_a_path_that_times_out_is_dropped(timed: PatternMatcher, path: str) -> None:
    nested = "".join('{"b":[1,{"q":2}],"t":"' + "q" * 500 + '!","a":' for _ in range(60))
    line = nested + "0" + "}" * 60
    rules = timed.ready([rule("slow", json_path=path), rule("quick", json_path="$.b[0]")])

    first = rules.find(line, text=line)

    assert first == [Found(rule="quick", value=1)]
    assert rules.too_slow == ("slow",)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (rule(pattern="("), "rules.1.pattern"),
        (rule(pattern="(" * 3000), "rules.1.pattern"),
        (rule(pattern="(?u)(?a)"), "rules.1.pattern"),
        (rule(pattern="a" * 10_000), "rules.1.pattern"),
        (rule(pattern="a", types={"b": "integer"}), "rules.1.types"),
        (rule(json_path="a.b"), "rules.1.json_path"),
        (rule(json_path="$.a | $.b"), "rules.1.json_path"),
        (rule(json_path="$[?" + "(" * 900), "rules.1.json_path"),
        (rule(json_path="$[?typeof(@)]"), "rules.1.json_path"),
        (rule(json_path="$", types={"b": "integer"}), "rules.1.types"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_and_named(
    matcher: PatternMatcher, wrong: ExtractionRule, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        matcher.ready([rule(pattern="fine"), wrong])

    assert refused.value.field == field


def test_the_field_has_the_name_of_the_caller(
    matcher: PatternMatcher,
) -> None:
    with pytest.raises(InvalidInput) as refused:
        matcher.ready([rule(pattern="(")], field="extraction")

    assert refused.value.field == "extraction.0.pattern"


@pytest.mark.parametrize(
    "pattern",
    [
        "a{2000000000}",
        "(?:(?:ab){1000}){1000}",
        "(?:a{1000}[[:alpha:](]){1000}[[:alpha:])]",
        "(?x)(?:a{1000} # (\n){1000} # )",
        "a{1000}{,5}{1000}",
    ],
)
def test_a_pattern_that_would_take_all_memory_is_refused(
    matcher: PatternMatcher, pattern: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        matcher.ready([rule(pattern=pattern)])

    assert refused.value.field == "rules.0.pattern"


def test_a_pattern_in_a_line_that_would_take_all_memory_finds_nothing(
    matcher: PatternMatcher,
) -> None:
    one = rule(json_path="$[?match(@.text, @.pattern)].text")

    values = [
        found(matcher, one, f'[{{"text": "aa", "pattern": "{pattern}"}}]')
        for pattern in ("a{2000000000}", "a{2}")
    ]

    assert [[each.value for each in those] for those in values] == [[], ["aa"]]


def test_a_pattern_may_repeat_as_people_do(matcher: PatternMatcher) -> None:
    uuid = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    line = "0123abcd-0123-0123-0123-0123456789ab"

    values = [one.value for one in found(matcher, rule(pattern=f"{uuid}|[({{]x{{3,}}"), line)]

    assert values == [line]


@pytest.mark.parametrize(
    "one", [rule(pattern="(?s)(?P<value>.*)(?P<rest>)"), rule(json_path="$.text")]
)
def test_captured_text_is_cut_to_the_requested_length(
    matcher: PatternMatcher, one: ExtractionRule
) -> None:
    line = f'{{"text": "{"x" * 100_000}"}}'
    ready = [matcher.ready([one]), matcher.ready([one], most_chars=50_000)]

    kept = [str(found.value) for rules in ready for found in rules.find(line, text=line)]

    assert [len(value) for value in kept] == [4096, 50_000]
