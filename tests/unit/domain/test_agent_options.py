"""Options of agents and tasks: each holds for its kind of agent, or is refused by its name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from application.running.profile_check import check_profile, profile_for
from domain.agent_options import check_approval, check_limits, check_rules
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput, StartFailed
from domain.extraction import ExtractionRule, FailureRule, OutputRule
from domain.ids import AgentName
from domain.limits import Limits
from domain.mcp_server import McpServer
from domain.task import Approval
from entrypoints.settings.configured_agents import PROGRAM_KINDS, parser_names
from entrypoints.settings.ready_made_agents import READY_MADE
from tests.process_fakes import process_task

PLACED = ("work", "{approval}")
KINDS = (*PROGRAM_KINDS, "react", "acp", "of-another-runner")
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "command": ("work",),
    "acp": ("agent", "--acp", "--model={model}"),
    "claude-code": ("claude", "--model={model}"),
    "codex": ("codex", "--model={model}"),
    "gemini": ("gemini", "--model={model}"),
}
PROGRAMS = ("command", "claude-code", "codex", "gemini")
ON_PLAIN_LINES = ("shell", "command")
STDIO = {"files": McpServer(command="serve")}
SERVED = {"tickets": McpServer(url="https://tickets.example/mcp")}
PATH, PATTERN = OutputRule(json_path="$.a"), OutputRule(pattern="a")
JSON_RULE = (ExtractionRule(name="x", json_path="$.a"),)


def profile_of(kind: str, **options: Any) -> AgentProfile:
    empty = AgentProfile(name=AgentName("a"), kind=kind, argv=COMMANDS.get(kind, ()))
    return replace(empty, **options)


def check(profile: AgentProfile) -> None:
    check_profile(profile, kinds=KINDS, parsers=parser_names())


@pytest.mark.parametrize(
    ("kinds", "field", "options"),
    [
        ("react", "argv", ("work",)),
        (("react", "shell", "acp"), "resume_argv", ("work", "{thread}")),
        ("command", "resume_argv", ("work", "{thread}")),
        ("react", "setup_argv", ("prepare",)),
        (("shell", *PROGRAMS, "acp"), "setup_argv", ("prepare", "{task}")),
        (("command", "acp"), "setup_argv", ("prepare", "--model={model}")),
        (("react", "acp"), "failure", (FailureRule(pattern="a"),)),
        (("react", "acp", *PROGRAMS[1:]), "answer", PATH),
        (("react", "shell", "acp", *PROGRAMS), "thread", PATH),
        (("react", "shell", "acp"), "hand_over", "file"),
        (("react", "acp"), "keeps_stdin", True),
        (("react", "acp"), "parser", "codex"),
        ("react", "pty", False),
        ("react", "start_s", 5.0),
        (("shell", *PROGRAMS), "approvals", {"shell": "deny"}),
        (("react", "shell", *PROGRAMS), "acp_capabilities", ("fs",)),
        (("shell", *PROGRAMS, "acp"), "tools", ("read_file",)),
        (("shell", *PROGRAMS, "acp"), "mcp_servers", STDIO),
        (("shell", *PROGRAMS, "acp"), "analysis", True),
        (ON_PLAIN_LINES, "model", "m"),
        (ON_PLAIN_LINES, "models", ("m",)),
        ("shell", "argv", ("bash", "-c", "{task}")),
        ("shell", "argv", ("{model}",)),
        ("acp", "argv", ("agent", "{task}")),
        ("acp", "argv", ("agent", "{thread}")),
        (("react", "shell", *PROGRAMS, "acp"), "max_attempts", 2),
    ],
)
def test_an_option_without_effect_is_refused_by_its_name(
    kinds: str | tuple[str, ...], field: str, options: object
) -> None:
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        with pytest.raises(InvalidInput) as refused:
            check(profile_of(kind, **{field: options}))

        assert refused.value.field == field, kind


@pytest.mark.parametrize(
    ("kinds", "options"),
    [
        ("shell", {"argv": ("bash", "-lc")}),
        (("shell", *PROGRAMS), {"pty": False, "keeps_stdin": True, "parser": "codex"}),
        (PROGRAMS, {"hand_over": "file"}),
        (PROGRAMS[1:], {"resume_argv": ("work", "{thread}", "{model}")}),
        ("command", {"resume_argv": ("work", "{thread}"), "parser": "gemini"}),
        ("command", {"resume_argv": ("work", "{thread}"), "parser": "openhands"}),
        ("command", {"resume_argv": ("work", "{thread}"), "thread": PATTERN}),
        ("command", {"resume_argv": ("work", "--continue")}),
        (("shell", *PROGRAMS, "acp"), {"setup_argv": ("prepare", "it")}),
        (("shell", *PROGRAMS), {"failure": (FailureRule(json_path="$.a"),)}),
        (("shell", "command"), {"answer": PATTERN}),
        ("command", {"argv": ("echo", "{task}"), "hand_over": "none"}),
        ((*PROGRAMS[1:], "acp", "react"), {"model": "m", "models": ("n",)}),
        ("acp", {"acp_capabilities": ("fs", "terminal")}),
        ("acp", {"hand_over": "none", "pty": False, "start_s": 5.0}),
        ("react", {"approvals": {"shell": "ask"}, "mcp_servers": SERVED, "analysis": True}),
        ("acp", {"approvals": {"execute": "deny", "Bash": "ask", "default": "ask"}}),
        ("react", {"limits": Limits(iterations=1, tool_calls=1, tokens=1, usd=1.0)}),
        (
            ("react", "shell", *PROGRAMS, "acp"),
            {"env": {"A": "1"}, "env_passthrough": ("B",), "home_files": {".rc": ""}},
        ),
        (
            ("react", "shell", *PROGRAMS, "acp"),
            {"sandbox": "require", "network": "host", "sockets": ("/run/s",)},
        ),
        (
            ("react", "shell", *PROGRAMS, "acp"),
            {"shared_folders": ("/srv",), "memory_bytes": 2**30, "processes": 9},
        ),
        (
            ("react", "shell", *PROGRAMS, "acp"),
            {
                "on_lost": "requeue",
                "max_attempts": 2,
                "first_output_s": 5.0,
                "limits": Limits(output_bytes=1),
            },
        ),
        (
            "of-another-runner",
            {"parser": "codex", "approvals": {"shell": "ask"}, "limits": Limits(usd=1.0)},
        ),
    ],
)
def test_an_option_with_effect_is_accepted(
    kinds: str | tuple[str, ...], options: Mapping[str, object]
) -> None:
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        check(profile_of(kind, **options))


def test_no_conversation_is_asked_for_of_a_parser_that_finds_none() -> None:
    with pytest.raises(InvalidInput) as refused:
        check(profile_of("command", parser="cline", resume_argv=("work", "{thread}")))

    assert refused.value.field == "resume_argv"
    assert "leave the place out" in str(refused.value)


@pytest.mark.parametrize("profile", READY_MADE.values(), ids=READY_MADE.keys())
def test_every_option_of_a_ready_made_agent_has_an_effect(profile: AgentProfile) -> None:
    check(profile)


@pytest.mark.parametrize("field", ["argv", "resume_argv"])
@pytest.mark.parametrize("how", ["stdin", "none"])
def test_no_place_for_the_task_is_left_in_a_command_that_gets_it_otherwise(
    field: str, how: str
) -> None:
    options = {"hand_over": how, "pty": False, field: ("codex", "{task}")}

    with pytest.raises(InvalidInput, match=r"\{task\} has no meaning") as refused:
        check(profile_of("codex", **options))

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("env", {"A": "1"}),
        ("env_passthrough", ("B",)),
        ("home_files", {".rc": ""}),
        ("shared_folders", ("/srv",)),
        ("sockets", ("/run/s",)),
        ("memory_bytes", 2**30),
        ("processes", 9),
    ],
)
def test_what_is_for_processes_is_refused_where_an_agent_starts_none(
    field: str, options: object
) -> None:
    for servers in ({}, SERVED):
        with pytest.raises(InvalidInput, match="only") as refused:
            check(
                profile_of("react", tools=("read_file",), mcp_servers=servers, **{field: options})
            )
        assert refused.value.field == field

    check(profile_of("react", tools=("read_file", "shell"), **{field: options}))


@pytest.mark.parametrize("field", ["sockets", "shared_folders"])
def test_options_of_processes_have_an_effect_for_servers_that_are_commands(field: str) -> None:
    check(profile_of("react", tools=(), mcp_servers=STDIO, **{field: ("/srv/a",)}))


@pytest.mark.parametrize(
    ("kind", "parser", "uncounted"),
    [
        ("react", None, ()),
        ("shell", None, ("iterations", "tool_calls", "tokens", "usd")),
        ("command", None, ("iterations", "tool_calls", "tokens", "usd")),
        ("command", "claude-code", ()),
        ("claude-code", "lines", ("iterations", "tool_calls", "tokens", "usd")),
        ("claude-code", None, ()),
        ("gemini", None, ()),
        ("codex", None, ("usd",)),
        ("command", "qwen", ("usd",)),
        ("command", "pi", ()),
        ("command", "cline", ()),
        ("command", "openhands", ("tokens", "usd")),
        ("acp", None, ("iterations",)),
        ("of-another-runner", None, ()),
    ],
)
def test_a_limit_that_nothing_counts_towards_is_refused(
    kind: str, parser: str | None, uncounted: tuple[str, ...]
) -> None:
    profile = profile_of(kind, parser=parser)
    for name in ("iterations", "tool_calls", "tokens", "usd"):
        limits = Limits(**{name: 1})
        if name not in uncounted:
            check_limits(limits, profile)
            continue
        with pytest.raises(InvalidInput, match="cannot be kept") as refused:
            check_limits(limits, profile)
        assert refused.value.field == f"limits.{name}"

    check_limits(Limits(timeout_s=1, idle_s=1, output_bytes=1), profile)


def test_the_limits_of_a_profile_are_checked_as_those_of_a_task() -> None:
    with pytest.raises(InvalidInput) as refused:
        check(profile_of("codex", limits=Limits(usd=1.0)))

    assert refused.value.field == "limits.usd"


def test_an_agent_that_writes_no_json_takes_no_rule_with_a_path_into_it() -> None:
    with pytest.raises(InvalidInput, match="use a pattern") as refused:
        check_rules(JSON_RULE, profile_of("react"), field="extraction")

    assert refused.value.field == "extraction.0.json_path"
    for kind in ("shell", *PROGRAMS, "acp"):
        check_rules(JSON_RULE, profile_of(kind), field="extraction")


def test_a_rule_of_a_profile_is_checked_as_that_of_a_task() -> None:
    with pytest.raises(InvalidInput) as refused:
        check(profile_of("react", rules=JSON_RULE))

    assert refused.value.field == "rules.0.json_path"


@pytest.mark.parametrize("approval", ["ask", "deny"])
def test_a_task_that_wants_questions_is_refused_for_an_agent_that_asks_none(
    approval: Approval,
) -> None:
    for kind in ("shell", *PROGRAMS):
        with pytest.raises(InvalidInput, match="asks nobody") as refused:
            check_approval(approval, profile_of(kind))
        assert refused.value.field == "approval"

    for kind in ("react", "acp", "of-another-runner"):
        check_approval(approval, profile_of(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_of_any_agent_may_want_nothing_to_be_asked(kind: str) -> None:
    check_approval("auto", profile_of(kind))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"model": "m"}, "model"),
        ({"limits": Limits(tokens=1)}, "limits.tokens"),
        ({"approval": "ask"}, "approval"),
    ],
)
def test_a_queued_task_does_not_begin_with_an_option_that_has_no_effect_any_more(
    asked: Mapping[str, Any], field: str
) -> None:
    task = replace(process_task("x"), **asked)

    assert profile_for(task, profile_of("react")).model == asked.get("model")
    with pytest.raises(StartFailed, match=f"^{field}: "):
        profile_for(task, profile_of("shell"))


@pytest.mark.parametrize("kind", PROGRAMS)
def test_an_approval_that_a_program_has_flags_for_is_taken_of_task_and_agent(kind: str) -> None:
    flags: Mapping[Approval, tuple[str, ...]] = {"auto": ("--yes",), "deny": ("--mode", "plan")}
    profile = profile_of(kind, argv=("work", "{approval}"), approval_argv=flags)

    check(replace(profile, approvals={"default": "deny"}))
    check_approval("deny", profile)
    with pytest.raises(InvalidInput, match="no flags for 'ask'") as refused:
        check_approval("ask", profile)
    assert refused.value.field == "approval"
    with pytest.raises(InvalidInput, match="no flags for 'ask'") as refused:
        check(replace(profile, approvals={"default": "ask"}))
    assert refused.value.field == "approvals"


def test_an_agent_of_the_protocol_that_has_flags_keeps_to_what_they_are_for_only() -> None:
    argv = ("agent", "{approval}")
    asks_nobody = profile_of("acp", argv=argv, approval_argv={"auto": ()})
    plans = profile_of("acp", argv=argv, approval_argv={"deny": ("--plan",)})

    for profile in (asks_nobody, plans):
        check(profile)
        check_approval("auto", profile)
        with pytest.raises(InvalidInput, match="no flags for 'ask'") as refused:
            check_approval("ask", profile)
        assert refused.value.field == "approval"
    check_approval("deny", plans)
    check(replace(plans, approvals={"execute": "deny"}))
    with pytest.raises(InvalidInput, match="no flags for 'deny'") as refused:
        check(replace(asks_nobody, approvals={"execute": "deny"}))
    assert refused.value.field == "approvals"


@pytest.mark.parametrize("rule", ["Bash", "reads_private"])
def test_a_rule_for_a_tool_is_refused_where_no_tool_needs_approval(rule: str) -> None:
    flags = {"deny": ("--mode", "plan")}

    with pytest.raises(InvalidInput, match=f"'{rule}' has no use here: it asks nobody") as refused:
        check(
            profile_of(
                "codex",
                argv=("work", "{approval}"),
                approval_argv=flags,
                approvals={rule: "deny"},
            )
        )

    assert refused.value.field == "approvals"


@pytest.mark.parametrize(
    ("kind", "options", "field"),
    [
        ("command", {"argv": ("work",), "approval_argv": {"deny": ()}}, "approval_argv"),
        ("acp", {"argv": PLACED, "approval_argv": {"deny": ("--on={model}",)}}, "approval_argv"),
        ("command", {"argv": PLACED, "approval_argv": {"deny": ("{task}",)}}, "approval_argv"),
        (
            "codex",
            {
                "argv": ("work", "{approval}"),
                "resume_argv": ("work", "{thread}"),
                "approval_argv": {"deny": ()},
            },
            "approval_argv",
        ),
        ("command", {"argv": ("work", "{approval}")}, "argv"),
        ("command", {"argv": ("work", "--{approval}"), "approval_argv": {"deny": ()}}, "argv"),
        ("acp", {"approval_argv": {"deny": ()}}, "approval_argv"),
        ("shell", {"approval_argv": {"deny": ()}}, "approval_argv"),
        ("react", {"approval_argv": {"deny": ()}}, "approval_argv"),
    ],
)
def test_flags_for_approvals_are_refused_where_no_command_takes_them(
    kind: str, options: Mapping[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(profile_of(kind, **options))

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"failure": (FailureRule(pattern="a"), FailureRule())}, "failure.1"),
        ({"failure": (FailureRule(pattern="a", json_path="$.a"),)}, "failure.0"),
        ({"answer": OutputRule()}, "answer"),
        ({"answer": OutputRule(json_path="$.a", ignore_case=True)}, "answer.ignore_case"),
        (
            {"thread": PATTERN, "resume_argv": ("work", "{thread}"), "parser": "codex"},
            "thread",
        ),
    ],
)
def test_a_rule_that_looks_for_nothing_or_for_what_is_found_already_is_refused(
    options: Mapping[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(profile_of("command", **options))

    assert refused.value.field == field


SPOKEN: Mapping[str, Any] = {
    "argv": ("claude", "{approval}"),
    "hand_over": "protocol",
    "pty": False,
    "approval_argv": {"ask": ("--ask",)},
    "parser": "claude-code",
}


@pytest.mark.parametrize("kind", ["claude-code", "command"])
def test_an_agent_that_asks_over_its_protocol_takes_rules_for_its_tools(kind: str) -> None:
    profile = profile_of(kind, **SPOKEN)

    check(replace(profile, approvals={"Bash": "ask", "Read": "auto", "mcp__x__y": "ask"}))
    check_approval("ask", profile)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"approvals": {"reads_private": "ask"}}, "approvals"),
        ({"approvals": {"Bash": "deny"}}, "approvals"),
        ({"hand_over": "stdin", "approvals": {"Bash": "ask"}}, "approvals"),
        ({"argv": ("claude", "{approval}", "{task}")}, "argv"),
        ({"pty": True}, "pty"),
        ({"keeps_stdin": True}, "keeps_stdin"),
        ({"parser": "codex"}, "hand_over"),
        ({"parser": None}, "hand_over"),
    ],
)
def test_what_a_protocol_would_not_keep_is_refused(
    change: Mapping[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(profile_of("command", **{**SPOKEN, **change}))

    assert refused.value.field == field


def test_the_task_reaches_no_agent_of_the_client_protocol_over_another_one() -> None:
    with pytest.raises(InvalidInput) as refused:
        check(profile_of("acp", hand_over="protocol"))

    assert refused.value.field == "hand_over"
