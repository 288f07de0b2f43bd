"""Further ready-made agents, which work with the models of many providers."""

from collections.abc import Sequence
from dataclasses import replace

from domain.agent_profile import AgentProfile
from domain.extraction import FailureRule, OutputRule
from domain.ids import AgentName
from domain.limits import Limits
from entrypoints.settings.provider_variables import ANY_PROVIDER, OF_LITELLM, OF_OPENHANDS, OF_QWEN

LIMITS = Limits(timeout_s=2 * 3600, idle_s=15 * 60)
"""They retry a model that does not answer for minutes, and think for minutes without output."""
PLAIN = {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}

# What they print for people is wrapped at the width of a terminal, and no line could be found.
_WIDE = {**PLAIN, "COLUMNS": "1000"}
# Its own ten tries at a model that refuses take minutes; of these seven more follow regardless.
_QWEN_SETTINGS = """\
  "general": {"enableAutoUpdate": false},
  "privacy": {"usageStatisticsEnabled": false},
  "model": {"generationConfig": {"maxRetries": 1}}"""
_QWEN_HOME = {".qwen/settings.json": f"{{\n{_QWEN_SETTINGS}\n}}\n"}
# Of its own accord it runs commands unasked that it takes for harmless.
_QWEN_ASKS = f'{{\n{_QWEN_SETTINGS},\n  "permissions": {{"ask": ["Bash"]}}\n}}\n'
_QWEN = (
    "qwen",
    "--output-format=stream-json",
    "--include-partial-messages",
    "{approval}",
    "--model={model}",
)
_PI = ("pi", "--mode", "json", "--print", "{approval}", "--model", "{model}")
# A first word that looks like an option, a file or a command is taken for one, not so a blank.
_AFTER_A_BLANK = " {task}"
_AIDER = (
    "aider",
    "--no-git",
    "--yes-always",
    "--no-pretty",
    "--no-stream",
    "--no-fancy-input",
    "--no-check-update",
    "--no-show-release-notes",
    "--no-show-model-warnings",
    "--analytics-disable",
    "{approval}",
    "--model={model}",
)
# A workspace may bring along a configuration with commands, which a flag goes before.
_AIDER_DENIED = (
    "--dry-run",
    "--load=/dev/null",
    "--no-auto-test",
    "--no-auto-lint",
    "--no-notifications",
    "--no-suggest-shell-commands",
)
_AIDER_TASK = "--message={task}"
_OPENHANDS = ("openhands", "--headless", "--json", "--override-with-envs")
_OPENHANDS_TASK = "--task={task}"
_LLM = ("llm", "prompt", "-m", "{model}")
_BY_MODEL = r"^litellm\.(?P<message>{kinds}Error: .*)"

FURTHER: Sequence[AgentProfile] = (
    AgentProfile(
        name=AgentName("qwen"),
        kind="command",
        description="Qwen Code, through its JSON stream.",
        argv=(*_QWEN, "--prompt={task}"),
        resume_argv=(*_QWEN, "--resume={thread}", "--prompt={task}"),
        # By its settings a workspace may allow everything; `--bare` leaves them unread.
        approval_argv={"auto": ("--yolo",), "deny": ("--approval-mode=default", "--bare")},
        parser="qwen",
        pty=False,
        env=PLAIN,
        env_passthrough=OF_QWEN,
        home_files=_QWEN_HOME,
        network="host",
        limits=LIMITS,
    ),
    AgentProfile(
        name=AgentName("qwen-acp"),
        kind="acp",
        description="Qwen Code, over the Agent Client Protocol.",
        argv=("qwen", "--acp", "--approval-mode=default", "--model={model}"),
        hand_over="none",
        pty=False,
        env=PLAIN,
        env_passthrough=OF_QWEN,
        home_files={".qwen/settings.json": _QWEN_ASKS},
        network="host",
        limits=LIMITS,
    ),
    AgentProfile(
        name=AgentName("pi"),
        kind="command",
        description="pi, through its JSON stream.",
        argv=(*_PI, _AFTER_A_BLANK),
        resume_argv=(*_PI, "--session", "{thread}", _AFTER_A_BLANK),
        approval_argv={
            "auto": (),
            "deny": ("--no-extensions", "--tools", "read,grep,find,ls"),
        },
        parser="pi",
        pty=False,
        env={**PLAIN, "PI_SKIP_VERSION_CHECK": "1", "PI_TELEMETRY": "0"},
        env_passthrough=ANY_PROVIDER,
        network="host",
        # With each piece of a message it writes all of the message so far.
        limits=replace(LIMITS, output_bytes=4 * 1024**3),
    ),
    AgentProfile(
        name=AgentName("cline"),
        kind="command",
        description="Cline, through its JSON stream.",
        argv=("cline", "--json", "{approval}", "-m", "{model}", _AFTER_A_BLANK),
        approval_argv={"auto": (), "deny": ("--auto-approve", "false")},
        parser="cline",
        pty=False,
        env=PLAIN,
        env_passthrough=ANY_PROVIDER,
        network="host",
        limits=LIMITS,
    ),
    AgentProfile(
        name=AgentName("openhands"),
        kind="command",
        description="OpenHands, through its JSON lines.",
        argv=(*_OPENHANDS, _OPENHANDS_TASK),
        resume_argv=(*_OPENHANDS, "--resume", "{thread}", _OPENHANDS_TASK),
        parser="openhands",
        pty=False,
        env=_WIDE,
        env_passthrough=OF_OPENHANDS,
        sockets=("/tmp",),  # its commands run in a tmux of its own
        network="host",
        limits=LIMITS,
    ),
    AgentProfile(
        name=AgentName("aider"),
        kind="command",
        description="Aider, one message at a time.",
        argv=(*_AIDER, _AIDER_TASK),
        resume_argv=(*_AIDER, "--restore-chat-history", _AIDER_TASK),
        approval_argv={"auto": (), "deny": _AIDER_DENIED},
        failure=(
            FailureRule(
                pattern=_BY_MODEL.format(
                    kinds="(?:BadRequest|Authentication|PermissionDenied|NotFound"
                    "|ContextWindowExceeded|ContentPolicyViolation|UnprocessableEntity)"
                ),
                reason="model_error",
            ),
            # It says the same of each try; after this wait comes the last one.
            FailureRule(pattern=r"^(?P<message>Retrying in 32\.0 seconds)", reason="model_error"),
        ),
        answer=OutputRule(pattern=r"^(?!Tokens: |Cost: |Warning: Input is not)(?P<value>.*\S)"),
        pty=False,
        env=_WIDE,
        env_passthrough=OF_LITELLM,
        network="host",
        limits=LIMITS,
    ),
    AgentProfile(
        name=AgentName("mini-swe-agent"),
        kind="command",
        description="mini-SWE-agent, one task at a time.",
        argv=("mini", "--yolo", "--exit-immediately", "-m", "{model}", "--task={task}"),
        failure=(FailureRule(pattern=_BY_MODEL.format(kinds=r"\w{1,40}"), reason="model_error"),),
        answer=OutputRule(pattern=r"^(?!Exit:|Saved trajectory|Warning: )(?P<value>.*\S)"),
        pty=False,
        env={
            **_WIDE,
            "MSWEA_CONFIGURED": "true",
            "MSWEA_SILENT_STARTUP": "1",
            "MSWEA_COST_TRACKING": "ignore_errors",
            # Its own ten tries take six minutes, also with a request that is refused.
            "MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT": "4",
        },
        env_passthrough=OF_LITELLM,
        network="host",
        limits=LIMITS,
    ),
    AgentProfile(
        name=AgentName("llm"),
        kind="command",
        description="LLM, which asks a model and calls no tools.",
        argv=(*_LLM, "--", "{task}"),
        resume_argv=(*_LLM, "--continue", "--", "{task}"),
        failure=(FailureRule(pattern=r"^Error: (?P<message>.*)", reason="model_error"),),
        pty=False,
        env=PLAIN,
        env_passthrough=ANY_PROVIDER,
        network="host",
        limits=LIMITS,
    ),
    AgentProfile(
        name=AgentName("goose"),
        kind="acp",
        description="goose, over the Agent Client Protocol.",
        argv=("goose", "acp"),
        hand_over="none",
        pty=False,
        env={**PLAIN, "GOOSE_MODE": "approve", "GOOSE_DISABLE_KEYRING": "1"},
        env_passthrough=(*ANY_PROVIDER, "GOOSE_PROVIDER", "GOOSE_MODEL", "OPENAI_HOST"),
        network="host",
        limits=LIMITS,
    ),
)
INSTALL_FURTHER = {
    "qwen": "npm install -g @qwen-code/qwen-code",
    "pi": "npm install -g @mariozechner/pi-coding-agent",
    "cline": "npm install -g cline",
    "openhands": "uv tool install openhands --python 3.12",
    "aider": "pip install aider-chat",
    "mini": "pip install mini-swe-agent",
    "llm": "pip install llm",
    "goose": "https://github.com/aaif-goose/goose",
}
