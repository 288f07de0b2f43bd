"""How the rules of a profile read the end of a task out of the lines of its program."""

import pytest

from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from application.programs.outcome_rules import OutcomeRules, check_rules_of
from domain.agent_profile import AgentProfile
from domain.agent_thread import AgentThread
from domain.errors import InvalidInput
from domain.extraction import FailureRule, OutputRule
from domain.ids import AgentName
from domain.task_events import Error
from ports.runner import Failed

A_LONG_WAY = "a" * 30_000 + "!"


def rules(
    *failure: FailureRule, answer: OutputRule | None = None, thread: OutputRule | None = None
) -> OutcomeRules:
    return OutcomeRules(_profile(*failure, answer=answer, thread=thread), RegexPatternMatcher())


def seen(found: OutcomeRules, *lines: str) -> OutcomeRules:
    for line in lines:
        assert list(found.look(line)) == []
    return found


@pytest.mark.parametrize(
    ("rule", "line", "words"),
    [
        (FailureRule(pattern="401|429"), " HTTP 401: no \x1b[31mkey\x1b[0m ", "HTTP 401: no key"),
        (FailureRule(pattern=r"^(Auth|Rate)Error: (?P<message>.*)"), "AuthError: no", "no"),
        (FailureRule(pattern="(?P<message> *)boom"), "a boom", "a boom"),
        (FailureRule(pattern="BOOM", ignore_case=True), "boom", "boom"),
        (FailureRule(json_path="$.error.message"), '{"error": {"message": "no"}}', "no"),
        (FailureRule(json_path="$.error"), '{"error": {"code": 401}}', '{"code":401}'),
        (FailureRule(json_path="$.is_error"), '{"is_error": true}', '{"is_error": true}'),
        (
            FailureRule(json_path="$[?$.type == 'error' && @ == $.text]"),
            '{"type": "error", "text": "no"}',
            "no",
        ),
    ],
)
def test_a_line_that_matches_is_the_error_of_a_failure(
    rule: FailureRule, line: str, words: str
) -> None:
    found = seen(rules(rule), "working", line, "done")

    assert found.failure == Failed(error=words, reason="agent_error")


@pytest.mark.parametrize(
    "line",
    [
        '{"error": null}',
        '{"error": false}',
        '{"error": ""}',
        '{"error": 0}',
        '{"errors": 1}',
        "error",
    ],
)
def test_a_path_that_selects_nothing_to_speak_of_is_no_failure(line: str) -> None:
    assert seen(rules(FailureRule(json_path="$.error")), line).failure is None


def test_the_first_line_that_matches_counts_and_of_its_rules_the_first() -> None:
    found = rules(
        FailureRule(pattern="401", reason="model_error"),
        FailureRule(pattern="Error"),
    )

    seen(found, "Error 401", "Error of another kind")

    assert found.failure == Failed(error="Error 401", reason="model_error")


def test_a_failure_is_quoted_only_up_to_a_bound() -> None:
    found = seen(rules(FailureRule(pattern="no")), "no" + "x" * 100_000)

    assert found.failure is not None
    assert len(found.failure.error) == 4096


def test_the_last_answer_counts_however_long_it_is() -> None:
    found = rules(answer=OutputRule(json_path="$.messages[*].text"))

    seen(found, '{"messages": [{"text": "a"}]}', '{"messages": [{"text": ""}]}')
    assert found.answer == "a"

    long = "x" * 100_000
    seen(found, f'{{"messages": [{{"text": "b"}}, {{"text": "{long}"}}]}}')
    assert found.answer == long


def test_an_answer_is_found_by_the_group_of_a_pattern_too() -> None:
    found = seen(rules(answer=OutputRule(pattern="^Answer: (.*)")), "Answer: 42", "bye")

    assert found.answer == "42"


def test_the_name_of_a_conversation_is_one_that_can_be_put_on_a_command_line() -> None:
    found = rules(thread=OutputRule(json_path="$.session"))

    seen(found, '{"session": "s-1"}', '{"session": "--model=x"}', '{"session": "a b"}')

    assert found.thread == AgentThread(id="s-1")


def test_what_a_terminal_adds_to_a_line_of_json_hides_nothing() -> None:
    found = rules(answer=OutputRule(json_path="$.text"))

    seen(found, '^D\b\b\x1b[?25l{"text": "a"}\x1b[0m\r')

    assert found.answer == "a"


def test_a_rule_that_takes_too_long_is_given_up_and_reported_once() -> None:
    found = rules(FailureRule(pattern="(a+)+$"), FailureRule(pattern="no"))

    [reported] = found.look(A_LONG_WAY)

    assert reported == Error(
        message="The rule 'failure.0' of the agent takes too long and is not tried any more.",
        phase="extraction",
        recoverable=True,
    )
    seen(found, A_LONG_WAY, "no")
    assert found.failure is not None


@pytest.mark.parametrize(
    ("failure", "answer", "field"),
    [
        ([FailureRule(pattern="a"), FailureRule(pattern="(")], None, "failure.1.pattern"),
        ([FailureRule(json_path="x")], None, "failure.0.json_path"),
        ([], OutputRule(json_path="x"), "answer.json_path"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_by_its_field(
    failure: list[FailureRule], answer: OutputRule | None, field: str
) -> None:
    profile = _profile(*failure, answer=answer, thread=None)

    with pytest.raises(InvalidInput) as refused:
        check_rules_of(profile, RegexPatternMatcher())

    assert refused.value.field == field


def _profile(
    *failure: FailureRule, answer: OutputRule | None, thread: OutputRule | None
) -> AgentProfile:
    return AgentProfile(
        name=AgentName("a"), kind="command", failure=failure, answer=answer, thread=thread
    )
