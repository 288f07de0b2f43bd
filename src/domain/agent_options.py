"""Which options take effect for which agents: those that would be ignored are refused."""

from collections.abc import Iterator, Mapping, Sequence

from domain.agent_profile import COMMAND_LINE, AgentProfile
from domain.approval import APPROVAL_PLACE, DEFAULT_RULE, EVERY_EFFECT
from domain.errors import InvalidInput
from domain.extraction import ExtractionRule
from domain.limits import Limits
from domain.task import Approval

KINDS_WITH_ARGV = frozenset({"command", "claude-code", "codex", "gemini", "acp"})
"""Kinds of agents whose profile names a command. Kinds of other runners are not checked here."""
KINDS_WITH_TERMINAL = frozenset({"shell", *KINDS_WITH_ARGV} - {"acp"})

_WITHOUT_PROTOCOL = frozenset({"shell", *KINDS_WITH_ARGV} - {"acp"})
"""Kinds whose output is only read: they cannot ask for approval."""
_PARSED = frozenset({"claude-code", "codex", "gemini", "qwen", "pi", "cline", "openhands"})
_WITHOUT_THREADS = frozenset({"cline"})
"""Formats whose output does not name the conversation."""
_WITH_PROTOCOL = frozenset({"claude-code"})
"""Formats with a protocol on the standard input, over which the agent asks for approval."""
_PLACES = ("{task}", "{thread}", "{model}", APPROVAL_PLACE)
_OF_A_PROGRAM = "an agent of kind react is no program"
_OF_REACT = "only an agent of kind react calls tools of this server"
_TOOLS = {"tools": _OF_REACT, "mcp_servers": _OF_REACT}
_OFFERED = {**_TOOLS, "acp_capabilities": "only an agent of kind acp is offered anything"}
_UNUSED: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(_WITHOUT_PROTOCOL, _OFFERED),
    "react": {
        "argv": _OF_A_PROGRAM,
        "resume_argv": _OF_A_PROGRAM,
        "setup_argv": _OF_A_PROGRAM,
        "failure": _OF_A_PROGRAM,
        "answer": _OF_A_PROGRAM,
        "thread": _OF_A_PROGRAM,
        "hand_over": _OF_A_PROGRAM,
        "approval_argv": _OF_A_PROGRAM,
        "acp_capabilities": _OF_A_PROGRAM,
        "keeps_stdin": _OF_A_PROGRAM,
        "parser": _OF_A_PROGRAM,
        "pty": _OF_A_PROGRAM,
        "start_s": _OF_A_PROGRAM,
    },
    "shell": {
        **_OFFERED,
        "approvals": _OF_REACT,
        "approval_argv": "an agent of kind shell runs what it is given",
        "resume_argv": "each task of an agent of kind shell is a command line of its own",
        "thread": "each task of an agent of kind shell is a command line of its own",
        "hand_over": "a task of an agent of kind shell is the last argument, as a command line",
        "model": "an agent of kind shell runs commands and asks no model",
        "models": "an agent of kind shell runs commands and asks no model",
    },
    "acp": {
        **_TOOLS,
        "resume_argv": "the protocol has a way of its own to go on with a conversation",
        "keeps_stdin": "its standard input is the protocol's",
        "parser": "its standard output is the protocol's",
        "failure": "its standard output is the protocol's",
        "answer": "its standard output is the protocol's",
        "thread": "the protocol has a way of its own to go on with a conversation",
    },
}
_OF_SHELL = ("env", "env_passthrough", "home_files")
_OF_PROCESSES = ("shared_folders", "sockets", "memory_bytes", "processes")
_COUNTED = ("iterations", "tool_calls", "tokens", "usd")
_UNCOUNTED: Mapping[str, Mapping[str, str]] = {
    "lines": dict.fromkeys(
        _COUNTED, "nothing in plain lines can be counted for it; use timeout_s or output_bytes"
    ),
    "codex": {"usd": "Codex does not report what it costs; use tokens"},
    "qwen": {"usd": "Qwen Code does not report what it costs; use tokens"},
    "openhands": dict.fromkeys(
        ("tokens", "usd"), "OpenHands does not report what it uses; use iterations or tool_calls"
    ),
    "acp": {"iterations": "the protocol does not show them; use tool_calls or tokens"},
}


def check_options(profile: AgentProfile) -> None:
    """Raises InvalidInput for the first field that would have no effect."""
    empty = AgentProfile(name=profile.name, kind=profile.kind)
    for field, reason in (*_UNUSED.get(profile.kind, {}).items(), *_without_process(profile)):
        if getattr(profile, field) != getattr(empty, field):
            raise InvalidInput(field, f"has no use here: {reason}")
    if profile.on_lost != "requeue" and profile.max_attempts != empty.max_attempts:
        message = 'has no use here: only with on_lost = "requeue" is a task begun again'
        raise InvalidInput("max_attempts", message)
    _check_places(profile)
    _check_approvals(profile)
    _check_output_rules(profile)
    check_limits(profile.limits, profile)
    check_rules(profile.rules, profile, field="rules")


def check_limits(limits: Limits, profile: AgentProfile) -> None:
    """Raises InvalidInput for the first limit that cannot be measured for this agent."""
    for name, reason in _UNCOUNTED.get(_format(profile), {}).items():
        if getattr(limits, name) is not None:
            raise InvalidInput(f"limits.{name}", f"cannot be kept: {reason}")


def check_approval(approval: Approval, profile: AgentProfile) -> None:
    """Raises InvalidInput for a mode that this agent cannot be held to."""
    _check_kept(approval, profile, field="approval")


def check_rules(rules: Sequence[ExtractionRule], profile: AgentProfile, *, field: str) -> None:
    """Raises InvalidInput for a rule that no line of this agent can match."""
    for index, rule in enumerate(rules):
        if profile.kind == "react" and rule.json_path is not None:
            message = "an agent of kind react writes no lines of JSON; use a pattern"
            raise InvalidInput(f"{field}.{index}.json_path", message)


def _check_kept(approval: Approval, profile: AgentProfile, *, field: str) -> None:
    if approval == "auto" or approval in profile.approval_argv:
        return
    if profile.kind in _WITHOUT_PROTOCOL:
        message = (
            f"agent {profile.name!r} asks nobody before what it does, and its approval_argv has "
            f"no flags for {approval!r}; use its sandbox"
        )
        raise InvalidInput(field, message)
    if profile.approval_argv:
        message = f"the approval_argv of agent {profile.name!r} has no flags for {approval!r}"
        raise InvalidInput(field, message)


def _check_approvals(profile: AgentProfile) -> None:
    """Raises InvalidInput for a rule that cannot be enforced, and for flags that have no place."""
    for name, approval in profile.approvals.items():
        if name != DEFAULT_RULE and profile.kind in _WITHOUT_PROTOCOL:
            _check_tool_rule(name, profile)
        _check_kept(approval, profile, field="approvals")
    commands = [argv for argv in (profile.argv, profile.resume_argv) if argv]
    if profile.approval_argv and not all(APPROVAL_PLACE in argv for argv in commands):
        message = f"argv, and resume_argv if it is given, should have an item {APPROVAL_PLACE}"
        raise InvalidInput("approval_argv", message)
    flags = [flag for given in profile.approval_argv.values() for flag in given]
    for place in _PLACES:
        if any(place in flag for flag in flags):
            message = f"{place} has no meaning here: write it into argv"
            raise InvalidInput("approval_argv", message)


def _check_tool_rule(name: str, profile: AgentProfile) -> None:
    asks = profile.hand_over == "protocol"
    if not asks or name in EVERY_EFFECT:
        why = "name its own tools" if asks else "it asks nobody about single tools"
        raise InvalidInput("approvals", f"a rule for {name!r} has no use here: {why}")


def _without_process(profile: AgentProfile) -> Iterator[tuple[str, str]]:
    if profile.kind != "react" or profile.tools is None or "shell" in profile.tools:
        return
    reason = "of its tools only shell uses it"
    yield from ((field, reason) for field in _OF_SHELL)
    if all(server.url is not None for server in profile.mcp_servers.values()):
        reason = "only the tool shell and MCP servers that are commands use it"
        yield from ((field, reason) for field in _OF_PROCESSES)


def _check_places(profile: AgentProfile) -> None:
    """Raises InvalidInput for a placeholder that would reach the program unfilled."""
    if profile.name == COMMAND_LINE:
        return  # typed by a person: no placeholders in it
    if profile.kind == "acp" and profile.hand_over in ("file", "stdin"):
        raise InvalidInput("hand_over", "the task goes to the agent over the protocol")
    if profile.hand_over == "protocol":
        _check_protocol(profile)
    for field, argv in (("argv", profile.argv), ("resume_argv", profile.resume_argv)):
        for place in _unfilled(profile):
            if any(place in item for item in argv):
                raise InvalidInput(field, f"{place} has no meaning here: nothing is put there")
        if any(APPROVAL_PLACE in item and item != APPROVAL_PLACE for item in argv):
            raise InvalidInput(field, f"{APPROVAL_PLACE} should be an item of its own")
    for place in _PLACES:
        if any(place in item for item in profile.setup_argv):
            message = f"{place} has no meaning here: it is run once for many tasks"
            raise InvalidInput("setup_argv", message)


def _check_output_rules(profile: AgentProfile) -> None:
    """Raises InvalidInput for an incomplete rule, or for one whose match a parser finds already."""
    single = {"answer": profile.answer, "thread": profile.thread}
    failure = {f"failure.{at}": rule for at, rule in enumerate(profile.failure)}
    for field, rule in (*failure.items(), *single.items()):
        if rule is None:
            continue
        if (rule.pattern is None) == (rule.json_path is None):
            raise InvalidInput(field, "needs exactly one of pattern and json_path")
        if rule.ignore_case and rule.pattern is None:
            raise InvalidInput(f"{field}.ignore_case", "has no use here: only a pattern heeds it")
        if field in single and (parser := _format(profile)) in _PARSED:
            message = f"has no use here: the parser of {parser} finds it"
            raise InvalidInput(field, message)
    wants_thread = any("{thread}" in item for item in profile.resume_argv)
    if profile.thread is not None and not wants_thread:
        raise InvalidInput("thread", "has no use here: resume_argv has no place {thread}")
    is_found = profile.thread is not None or _format(profile) in _PARSED - _WITHOUT_THREADS
    if profile.kind == "command" and wants_thread and not is_found:
        advice = "say in thread where its name is, or name a parser that finds it"
        if _format(profile) in _WITHOUT_THREADS:
            advice = "leave the place out, and use a flag that goes on with the latest"
        message = f"no conversation is found in its output for {{thread}}; {advice}"
        raise InvalidInput("resume_argv", message)


def _check_protocol(profile: AgentProfile) -> None:
    if _format(profile) not in _WITH_PROTOCOL:
        known = ", ".join(sorted(_WITH_PROTOCOL))
        message = f"a protocol for the standard input is known only of the format {known}"
        raise InvalidInput("hand_over", message)
    if profile.keeps_stdin:
        raise InvalidInput("keeps_stdin", "its standard input is the protocol's")
    if profile.pty:
        raise InvalidInput("pty", "a terminal would give back what the protocol sends; use false")


def _unfilled(profile: AgentProfile) -> Iterator[str]:
    if not profile.approval_argv:
        yield APPROVAL_PLACE
    match profile.kind, profile.hand_over:
        case "shell", _:
            yield from ("{task}", "{thread}", "{model}")
        case "acp", _:
            yield from ("{task}", "{thread}")
        case kind, "none" if kind in _PARSED:
            yield "{task}"
        case _, "stdin" | "protocol":
            yield "{task}"
        case _:
            return


def _format(profile: AgentProfile) -> str:
    """The format of its output, by which it is parsed."""
    if profile.kind in _WITHOUT_PROTOCOL:
        named = profile.parser or profile.kind
        return named if named in _PARSED else "lines"
    return profile.kind
