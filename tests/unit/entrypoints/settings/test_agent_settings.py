"""Agents of the settings file, on top of the built-in ones."""

from dataclasses import replace
from pathlib import Path

import pytest

from domain.agent_profile import AgentProfile
from domain.extraction import FailureRule, OutputRule
from domain.ids import AgentName
from domain.limits import Limits
from domain.mcp_server import McpServer
from domain.model_choice import check_model
from entrypoints.settings.agent_settings import AgentSettings, profiles_of
from entrypoints.settings.configured_agents import PROGRAM_KINDS, default_agent, profiles
from entrypoints.settings.ready_made_agents import READY_MADE
from entrypoints.settings.settings import Settings, SettingsError, load_settings

KINDS = (*PROGRAM_KINDS, "react", "acp")
EVERYTHING = """\
[agents.all]
kind = "command"
description = "says everything"
argv = ["work", "{model}", "{approval}"]
resume_argv = ["work", "--again={thread}", "{model}", "{approval}"]
hand_over = "stdin"
approval_argv = {auto = ["--yes"], ask = [], deny = ["--mode", "plan"]}
approvals = {default = "deny"}
keeps_stdin = true
parser = "codex"
pty = false
env = {A = "1"}
env_passthrough = ["B"]
workspace = "/tmp"
sandbox = "require"
network = "host"
sockets = ["/run/s"]
limits = {idle_s = 5}
on_lost = "requeue"
max_attempts = 2
start_s = 1.5
first_output_s = 2
memory_bytes = 1000
processes = 10
home_files = {".rc" = "x"}
model = "m"
models = ["n"]
"""


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def known(tmp_path: Path, text: str) -> dict[str, AgentProfile]:
    (tmp_path / "agentcast.toml").write_text(text)
    return {profile.name: profile for profile in profiles(load_settings(), kinds=KINDS)}


def test_every_field_can_be_set(tmp_path: Path) -> None:
    assert known(tmp_path, EVERYTHING)["all"] == AgentProfile(
        name=AgentName("all"),
        kind="command",
        description="says everything",
        argv=("work", "{model}", "{approval}"),
        resume_argv=("work", "--again={thread}", "{model}", "{approval}"),
        hand_over="stdin",
        approval_argv={"auto": ("--yes",), "ask": (), "deny": ("--mode", "plan")},
        approvals={"default": "deny"},
        keeps_stdin=True,
        parser="codex",
        pty=False,
        env={"A": "1"},
        env_passthrough=("B",),
        workspace="/tmp",
        sandbox="require",
        network="host",
        sockets=("/run/s",),
        limits=Limits(idle_s=5),
        on_lost="requeue",
        max_attempts=2,
        start_s=1.5,
        first_output_s=2,
        memory_bytes=1000,
        processes=10,
        home_files={".rc": "x"},
        model="m",
        models=("n",),
        source="config",
    )


def test_rules_of_failure_answer_resumption_and_setup_can_be_set(tmp_path: Path) -> None:
    text = """\
[agents.lint]
argv = ["work"]
resume_argv = ["work", "--again={thread}"]
setup_argv = ["prepare", "it"]
answer = {json_path = "$.text"}
thread = {pattern = "session: (.*)"}
failure = [
    {pattern = "^error", ignore_case = true, reason = "model_error"},
    {json_path = "$.error"},
]
"""

    lint = known(tmp_path, text)["lint"]

    assert lint == AgentProfile(
        name=AgentName("lint"),
        kind="command",
        argv=("work",),
        resume_argv=("work", "--again={thread}"),
        setup_argv=("prepare", "it"),
        answer=OutputRule(json_path="$.text"),
        thread=OutputRule(pattern="session: (.*)"),
        failure=(
            FailureRule(pattern="^error", ignore_case=True, reason="model_error"),
            FailureRule(json_path="$.error"),
        ),
        source="config",
    )


def test_a_ready_made_agent_without_a_sandbox_needs_no_sockets_of_one() -> None:
    template = AgentProfile(name=AgentName("a"), kind="command", sockets=("/tmp",))
    bare = AgentProfile(name=AgentName("a"), kind="command", sandbox="none")

    assert bare.over(template, given={"name", "kind", "sandbox"}).sockets == ()
    assert bare.over(template, given={"name", "kind"}).sockets == ("/tmp",)


def test_another_command_goes_on_with_no_conversation_of_the_one_before() -> None:
    template = AgentProfile(
        name=AgentName("a"),
        kind="command",
        argv=("work",),
        resume_argv=("work", "{thread}"),
        thread=OutputRule(pattern="session: (.*)"),
    )
    changed = AgentProfile(name=AgentName("a"), kind="command", argv=("mine",))

    mine = changed.over(template, given={"name", "kind", "argv"})

    assert (mine.argv, mine.resume_argv, mine.thread) == (("mine",), (), None)


def test_agents_of_the_file_stand_beside_those_that_are_always_there(tmp_path: Path) -> None:
    found = known(tmp_path, '[agents.lint]\nargv = ["ruff", "check"]\nhand_over = "none"\n')

    assert set(found) == {*READY_MADE, "lint"}
    assert found["lint"] == AgentProfile(
        name=AgentName("lint"),
        kind="command",
        argv=("ruff", "check"),
        hand_over="none",
        source="config",
    )


def test_an_agent_that_is_always_there_keeps_what_the_file_does_not_change(tmp_path: Path) -> None:
    text = '[agents.codex]\nmodel = "x"\nlimits.tokens = 1\nenv.RUST_LOG = "debug"\n'

    codex = known(tmp_path, text)["codex"]

    as_it_was = READY_MADE[AgentName("codex")]
    assert codex == replace(
        as_it_was,
        model="x",
        limits=replace(as_it_was.limits, tokens=1),
        env={**as_it_was.env, "RUST_LOG": "debug"},
        source="config",
    )


def test_an_agent_of_a_known_kind_begins_as_the_ready_made_one(tmp_path: Path) -> None:
    reviewer = known(tmp_path, '[agents.reviewer]\nkind = "gemini"\nmodel = "x"\n')["reviewer"]

    as_it_was = READY_MADE[AgentName("gemini")]
    assert reviewer == replace(as_it_was, name=AgentName("reviewer"), model="x", source="config")


def test_another_command_does_not_go_on_with_that_of_the_ready_made_agent(tmp_path: Path) -> None:
    text = '[agents.mine]\nkind = "claude-code"\nargv = ["mine", "{task}"]\n'

    mine = known(tmp_path, text)["mine"]

    assert (mine.argv, mine.resume_argv) == (("mine", "{task}"), ())
    assert (mine.hand_over, mine.approval_argv) == ("argument", {})


def test_a_known_name_of_another_kind_begins_with_nothing(tmp_path: Path) -> None:
    react = known(tmp_path, '[agents.react]\nkind = "command"\nargv = ["true"]\n')["react"]

    assert react == AgentProfile(
        name=AgentName("react"), kind="command", argv=("true",), source="config"
    )


def test_an_agent_that_calls_tools_names_them_and_when_to_ask(tmp_path: Path) -> None:
    text = """\
[agents.react]
tools = ["shell"]
approvals = {shell = "ask", default = "deny"}
mcp_servers.files = {command = "serve"}
"""

    assert known(tmp_path, text)["react"] == replace(
        READY_MADE[AgentName("react")],
        tools=("shell",),
        approvals={"shell": "ask", "default": "deny"},
        mcp_servers={"files": McpServer(command="serve")},
        source="config",
    )


def test_an_agent_with_a_model_can_first_sum_up_its_task(tmp_path: Path) -> None:
    react = known(tmp_path, "[agents.react]\nanalysis = true\n")["react"]

    assert react == replace(READY_MADE[AgentName("react")], analysis=True, source="config")


def test_a_name_like_that_of_a_ready_made_agent_gets_a_suggestion(tmp_path: Path) -> None:
    expected = r"agents\.claud-code\.argv: .* needs a command; did you mean claude-code\?$"

    with pytest.raises(SettingsError, match=expected):
        known(tmp_path, "[agents.claud-code]\nlimits.usd = 2\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('argv = "npm test"', r"agents\.x\.argv: should be a list"),
        ('argv = ["a"]\nfailure = {pattern = "x"}', r"agents\.x\.failure: should be a list$"),
        ('argv = ["a"]\nanswer = "x"', r"agents\.x\.answer: should be a table$"),
        ('argv = ["a"]\napprovals = "deny"', r"agents\.x\.approvals: should be a table$"),
        ('argv = ["a"]\nhand_over = "mail"', r"agents\.x\.hand_over: .*'argument'"),
        ('argv = ["a"]\nparser = "yaml"', r"agents\.x\.parser: .*known: claude-code, .*codex"),
        ('argv = ["a"]\nlimits.usd = -1', r"agents\.x\.limits\.usd: "),
        ('argv = ["a"]\nstart_s = 0', r"agents\.x\.start_s: "),
        ("", r"agents\.x\.argv: an agent of kind command needs a command"),
        ('kind = "comand"', r"agents\.x\.kind: .*did you mean command\?; known: acp, "),
        ('argv = ["a"]\nanalysis = true', r"agents\.x\.analysis: only an agent of kind react"),
        (
            'argv = ["a"]\napprovals.shell = "ask"',
            r"agents\.x\.approvals: a rule for 'shell' has no use",
        ),
        (
            'kind = "acp"\nargv = ["a"]\nacp_capabilities = "fs"',
            r"agents\.x\.acp_capabilities: should be a list",
        ),
        (
            'argv = ["a"]\nacp_capabilities = ["fs"]',
            r"agents\.x\.acp_capabilities: .* only an agent of kind acp",
        ),
        ('argv = ["a"]\napproval_argv.no = []', r"agents\.x\.approval_argv\.no.*'deny'"),
        (
            'argv = ["a"]\napproval_argv.ask = "-a"',
            r"agents\.x\.approval_argv\.ask: should be a list",
        ),
        ('argv = ["a"]\nlimits.usd = 1', r"agents\.x\.limits\.usd: cannot be kept: nothing in"),
        ('argv = ["a"]\nmodel = "m"', r"agents\.x\.model: .* should have a place for it"),
        ('kind = "react"\nargv = ["a"]', r"agents\.x\.argv: has no use here: .* is no program"),
        ('argv = ["a"]\nworkspace = "here"', r"agents\.x\.workspace: .*absolute"),
        ('argv = ["a"]\nworkspace = "/"', r"agents\.x\.workspace: .*: it is the whole machine"),
        ('argv = ["a"]\nworkspace = "/bin/sh"', r"agents\.x\.workspace: .*: it is not a folder"),
        ('argv = ["a"]\nenv = {"A=B" = "1"}', r"agents\.x\.env: 'A=B'"),
        ('argv = ["a"]\nenv_passthrough = ["A B"]', r"agents\.x\.env_passthrough: 'A B' is no"),
        ('argv = ["a"]\nenv_passthrough = ["1A"]', r"agents\.x\.env_passthrough: '1A' is no"),
        ('argv = ["a"]\nenv_passthrough = ["$A"]', r"agents\.x\.env_passthrough: '\$A' is no"),
        ('argv = ["a"]\nhome_files = {"../x" = "1"}', r"agents\.x\.home_files: "),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as wrong:
        known(tmp_path, f"[agents.x]\n{text}\n")

    assert "\n" not in str(wrong.value)


def test_a_ready_made_agent_that_nothing_here_can_run_is_left_out() -> None:
    found = profiles(Settings(), kinds=("react", "shell"))

    assert {profile.name for profile in found} == {"react", "shell"}


def test_a_default_agent_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SettingsError, match=r"known: aider, claude-code, .*react, shell"):
        default_agent(Settings(default_agent="nobody"), profiles_of({}))


@pytest.mark.parametrize("profile", READY_MADE.values(), ids=READY_MADE)
def test_no_task_of_a_ready_made_agent_can_become_an_option(profile: AgentProfile) -> None:
    for argv in filter(None, (profile.argv, profile.resume_argv)):
        holders = [item for item in argv if "{task}" in item]
        if profile.hand_over == "argument" and profile.kind not in ("react", "shell"):
            [holder] = holders
            assert holder.startswith(("--", " ")) or "--" in argv[: argv.index(holder)]
        else:
            assert holders == []


@pytest.mark.parametrize("name", ["react", "claude-code", "codex", "gemini", "gemini-acp"])
def test_a_ready_made_agent_that_asks_a_model_takes_one_from_its_tasks(name: str) -> None:
    check_model("m", READY_MADE[AgentName(name)])


def test_the_settings_of_an_agent_may_be_made_in_a_program() -> None:
    settings = Settings(agents={"lint": AgentSettings(argv=("ruff",))})

    assert "lint" in {profile.name for profile in profiles(settings, kinds=KINDS)}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[agents.tests]\nargvv = []", "agents.tests.argvv: unknown; did you mean argv?"),
        (
            "[agents.tests.limits]\ntimeout = 1",
            "agents.tests.limits.timeout: unknown; did you mean timeout_s?",
        ),
        (
            "[[agents.tests.rules]]\nname = 'a'\npatern = 'b'",
            "agents.tests.rules.0.patern: unknown; did you mean pattern?",
        ),
        (
            "[agents.tests.mcp_servers.git]\ncomand = 'a'",
            "agents.tests.mcp_servers.git.comand: unknown; did you mean command?",
        ),
        (
            "[agents.tests.answer]\njson_pat = '$.a'",
            "agents.tests.answer.json_pat: unknown; did you mean json_path?",
        ),
        (
            "[[agents.tests.failure]]\npatern = 'x'",
            "agents.tests.failure.0.patern: unknown; did you mean pattern?",
        ),
        ("[agents.tests]\nsunshine = 1", "agents.tests.sunshine: unknown"),
    ],
)
def test_an_unknown_key_is_named_with_what_may_be_meant(
    tmp_path: Path, text: str, error: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        known(tmp_path, text)

    assert str(refused.value) == error
