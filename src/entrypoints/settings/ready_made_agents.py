"""The ready-made agents: our own, and the known programs, if they are installed."""

from collections.abc import Mapping

from domain.agent_profile import AgentProfile
from domain.approval import APPROVAL_PLACE
from domain.ids import AgentName
from domain.task import Approval
from entrypoints.settings.further_agents import FURTHER, INSTALL_FURTHER, LIMITS, PLAIN
from entrypoints.settings.provider_variables import ANTHROPIC, ANY_PROVIDER, GOOGLE, OPENAI

_CLAUDE_ENV = {
    **PLAIN,
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    # Its own ten tries take minutes, also with a key that is refused.
    "CLAUDE_CODE_MAX_RETRIES": "4",
    # Of folders that are added, as of its workspace where it has to ask.
    "CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD": "1",
}
# Of its own accord it asks a model that has a fault ten times, which takes minutes. Over the Agent
# Client Protocol it leaves out what a command wrote to a terminal.
_GEMINI_SETTINGS = """\
{
  "security": {"auth": {"selectedType": "gemini-api-key"}},
  "general": {"maxAttempts": 4},
  "tools": {"shell": {"enableInteractiveShell": false}}
}
"""
_GEMINI_HOME = {".gemini/settings.json": _GEMINI_SETTINGS}
# Gemini CLI itself asks nobody about commands that it takes for harmless; a pattern that any
# command matches keeps it from judging. Headless it would refuse what it has to ask about.
_GEMINI_ASKS = """\
[[rule]]
toolName = "run_shell_command"
argsPattern = "."
decision = "ask_user"
priority = 900
"""
# So do Claude Code and Codex. Codex needs a list of the commands, and each of its sandboxes
# would refuse what an approval allows: it runs in ours instead.
_CLAUDE_ASKS = '{"permissions": {"ask": ["Bash", "Edit", "Write", "NotebookEdit", "WebFetch"]}}\n'
_CODEX_ASKS = """\
prefix_rule(
    pattern=[[
        "base64", "cat", "cd", "cut", "echo", "expr", "false", "find", "git", "grep", "head", "id",
        "ls", "nl", "numfmt", "paste", "pwd", "rev", "rg", "sed", "seq", "stat", "tac", "tail",
        "tr", "true", "uname", "uniq", "wc", "which", "whoami",
    ]],
    decision="prompt",
)
"""
# opencode asks about nothing of its own accord. This goes before any file of its configuration.
# What its subagents ask, it passes on to nobody, and waits for ever.
_OPENCODE_ASKS = (
    '{"*": "ask", "read": "allow", "glob": "allow", "grep": "allow", "list": "allow", '
    '"todowrite": "allow", "todoread": "allow", "skill": "allow", "task": "deny"}'
)
_MODEL = "--model={model}"
# A task may begin with a dash. What follows `--` or `--prompt=` is never taken for an option.
_CLAUDE = (
    "claude",
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    APPROVAL_PLACE,
    _MODEL,
)
# A workspace may bring along settings by which nobody is asked, and hooks, servers of tools,
# prompts with commands in them and a command that gives its key, which are run unasked; only its
# CLAUDE.md is read, as that of an added folder. What it asks its user no yes answers.
_CLAUDE_ASKED = (
    "--permission-prompt-tool=stdio",
    "--permission-mode=default",
    '--settings={"disableAllHooks": true, "disableSkillShellExecution": true}',
    "--strict-mcp-config",
    "--setting-sources=user",
    "--add-dir=.",
    "--disallowed-tools=AskUserQuestion",
)
_CODEX_FLAGS = (
    "--json",
    "--skip-git-repo-check",
    APPROVAL_PLACE,
    "-c",
    "analytics.enabled=false",
    _MODEL,
)
_CODEX_APPROVALS: Mapping[Approval, tuple[str, ...]] = {
    "auto": ("--dangerously-bypass-approvals-and-sandbox",),
    "deny": ("-c", 'sandbox_mode="read-only"', "-c", 'approval_policy="never"'),
}
_GEMINI = (
    *("gemini", "--output-format", "stream-json"),
    *(APPROVAL_PLACE, "--skip-trust", _MODEL),
)
_GEMINI_APPROVALS: Mapping[Approval, tuple[str, ...]] = {
    "auto": ("--approval-mode=yolo",),
    "deny": ("--approval-mode=default",),
}
# Without these rules it may enter its plan mode, which it may leave when nobody is there to look
# at the plan: after that it does everything unasked.
_GEMINI_POLICY = """\
[[rule]]
toolName = "*"
decision = "deny"
priority = 998
modes = ["default"]

[[rule]]
toolName = [
  "glob", "google_web_search", "grep_search", "list_directory", "read_file", "update_topic"
]
decision = "allow"
priority = 999
modes = ["default"]
"""
_GEMINI_TASK = "--prompt={task}"

READY_MADE: Mapping[AgentName, AgentProfile] = {
    profile.name: profile
    for profile in (
        AgentProfile(
            name=AgentName("react"),
            kind="react",
            description="Thinks with a language model and works with tools in the workspace.",
        ),
        AgentProfile(
            name=AgentName("shell"),
            kind="shell",
            description="Runs the task as a command line in a terminal.",
        ),
        AgentProfile(
            name=AgentName("claude-code"),
            kind="claude-code",
            description="Claude Code, through its JSON stream.",
            argv=_CLAUDE,
            resume_argv=(*_CLAUDE, "--resume={thread}"),
            hand_over="protocol",
            approval_argv={
                "auto": ("--dangerously-skip-permissions",),
                "ask": _CLAUDE_ASKED,
                "deny": _CLAUDE_ASKED,
            },
            pty=False,
            env=_CLAUDE_ENV,
            env_passthrough=ANTHROPIC,
            shared_folders=("$CLAUDE_CONFIG_DIR",),
            network="host",
            limits=LIMITS,
        ),
        AgentProfile(
            name=AgentName("codex"),
            kind="codex",
            description="OpenAI Codex, through its JSON stream.",
            argv=("codex", "exec", *_CODEX_FLAGS, "--", "{task}"),
            resume_argv=("codex", "exec", "resume", *_CODEX_FLAGS, "--", "{thread}", "{task}"),
            approval_argv=_CODEX_APPROVALS,
            pty=False,
            env=PLAIN,
            env_passthrough=OPENAI,
            shared_folders=("$CODEX_HOME",),
            network="host",
            limits=LIMITS,
        ),
        AgentProfile(
            name=AgentName("gemini"),
            kind="gemini",
            description="Gemini CLI, through its JSON stream.",
            argv=(*_GEMINI, _GEMINI_TASK),
            resume_argv=(*_GEMINI, "--resume={thread}", _GEMINI_TASK),
            approval_argv=_GEMINI_APPROVALS,
            pty=False,
            env=PLAIN,
            env_passthrough=GOOGLE,
            home_files={**_GEMINI_HOME, ".gemini/policies/agentcast.toml": _GEMINI_POLICY},
            network="host",
            limits=LIMITS,
        ),
        AgentProfile(
            name=AgentName("gemini-acp"),
            kind="acp",
            description="Gemini CLI, over the Agent Client Protocol.",
            argv=("gemini", "--acp", "--approval-mode=default", "--skip-trust", _MODEL),
            hand_over="none",
            pty=False,
            env=PLAIN,
            env_passthrough=GOOGLE,
            home_files={**_GEMINI_HOME, ".gemini/policies/agentcast.toml": _GEMINI_ASKS},
            network="host",
            limits=LIMITS,
        ),
        AgentProfile(
            name=AgentName("opencode"),
            kind="acp",
            description="opencode, over the Agent Client Protocol.",
            argv=("opencode", "acp"),
            hand_over="none",
            pty=False,
            env={**PLAIN, "OPENCODE_PERMISSION": _OPENCODE_ASKS},
            env_passthrough=ANY_PROVIDER,
            network="host",
            limits=LIMITS,
        ),
        AgentProfile(
            name=AgentName("claude-code-acp"),
            kind="acp",
            description="Claude Code, over the Agent Client Protocol.",
            argv=("claude-agent-acp",),
            hand_over="none",
            pty=False,
            env=_CLAUDE_ENV,
            env_passthrough=ANTHROPIC,
            home_files={".claude/settings.json": _CLAUDE_ASKS},
            shared_folders=("$CLAUDE_CONFIG_DIR",),
            network="host",
            limits=LIMITS,
        ),
        AgentProfile(
            name=AgentName("codex-acp"),
            kind="acp",
            description="OpenAI Codex, over the Agent Client Protocol.",
            argv=(
                *("codex-acp", "-c", 'approval_policy="untrusted"'),
                *("-c", 'sandbox_mode="danger-full-access"'),
            ),
            hand_over="none",
            pty=False,
            env=PLAIN,
            env_passthrough=OPENAI,
            home_files={".codex/rules/agentcast.rules": _CODEX_ASKS},
            shared_folders=("$CODEX_HOME",),
            network="host",
            limits=LIMITS,
        ),
        *FURTHER,
    )
}
INSTALL: Mapping[str, str] = {
    "claude": "npm install -g @anthropic-ai/claude-code",
    "codex": "npm install -g @openai/codex",
    "gemini": "npm install -g @google/gemini-cli",
    "opencode": "npm install -g opencode-ai",
    "claude-agent-acp": "npm install -g @agentclientprotocol/claude-agent-acp",
    "codex-acp": "npm install -g @zed-industries/codex-acp",
    **INSTALL_FURTHER,
}
"""How to install each program."""
