"""The verbs of `agentcast`: their module, function and help."""

from typing import NamedTuple

from cyclopts import Group

HERE = Group.create_ordered("Here")
AT_A_SERVER = Group.create_ordered("At a server")
THIS_MACHINE = Group.create_ordered("This machine")


class Verb(NamedTuple):
    group: Group
    name: str
    location: str
    """`module:function`, imported when the verb is used."""
    help: str


COMPLETION = "Install the completion of verbs and options for bash, zsh or fish."
EXIT_CODES = (
    "Exit codes: 0 done; 1 failed; 2 wrong arguments, settings or options; 3 cancelled; 4 interrupted;"
    " 5 no server; 130 left by Ctrl-C."
)

_RUN = """Carry out a task in this process, without a server.

It works in the current directory. Ctrl-C cancels it.

For example:

    agentcast run "List all .py files"

    agentcast run --agent codex "Fix the tests" --timeout 600 --json
"""
_EXEC = """Run a command as an agent in the current directory; exit with its code.

As from a shell, the code is 127 for a command that does not exist, 126 for one that cannot be
executed, and 128 + N for one that was ended by signal N.

For example:

    agentcast exec --timeout 60 -- npm test
"""
_EXTRACT = """Print what extraction rules find in the standard input.

The rules are those of --rules FILE, as [[rules]] in toml or a list in JSON, and the built-in ones
named by --rule.

For example:

    npm test 2>&1 | agentcast extract --rule test_counts
"""
_SERVE = """Serve HTTP and carry out submitted tasks, until Ctrl-C.

For example:

    agentcast serve --port 9000 --config agentcast.toml
"""
_SUBMIT = """Submit a task and watch it to its end; Ctrl-C cancels it.

For example:

    agentcast submit "List all files" --session demo

    agentcast submit --agent claude-code "Fix the tests" --usd 0.50 --detach
"""
_RETRY = "Submit a task that has ended once more, and watch the new one to its end."
_WATCH = """Watch events as they come; reconnects by itself and misses none.

With --task the exit code says how the task ended. Ctrl-C ends the watching, not the task.

For example:

    agentcast watch --session demo --replay all --types "task_*,tool_*"
"""
_APPROVE = """List open approvals and questions, or approve one.

The first answer counts. A question in words is answered with agentcast answer.

For example:

    agentcast approve

    agentcast approve APPROVAL --deny --reason "not on this machine"
"""
_ANSWER = """Answer a question of an agent; without a task, list open approvals and questions.

For a program that reads its input, the text is typed into it.

For example:

    agentcast answer TASK "the branch next"
"""
_LOG = """Print the whole output of a task, or of one tool call, as far as it is kept."""
_SCREEN = """Show the terminal of a task, now or as it changes."""
_INPUT = """Type to a task, send it a signal, or resize its terminal.

Text and keys need an agent with keeps_stdin; signals and sizes always work.

For example:

    agentcast input TASK --key down --key enter

    agentcast input TASK --size 24 80
"""
_EXPORT = """Write all events that the log holds of a session, one a line.

For example:

    agentcast export SESSION --output session.ndjson
"""
_AGENTS = """List the agents, and whether their programs are installed.

Those of the settings; with --server those of a server, including the ones added there."""

VERBS = (
    Verb(HERE, "run", "run:run", _RUN),
    Verb(HERE, "exec", "run:exec_command", _EXEC),
    Verb(HERE, "extract", "extract:extract", _EXTRACT),
    Verb(HERE, "serve", "serve:serve", _SERVE),
    Verb(AT_A_SERVER, "submit", "submit:submit", _SUBMIT),
    Verb(AT_A_SERVER, "retry", "submit:retry", _RETRY),
    Verb(AT_A_SERVER, "watch", "watch:watch", _WATCH),
    Verb(AT_A_SERVER, "cancel", "task_control:cancel", "Cancel a task."),
    Verb(AT_A_SERVER, "pause", "task_control:pause", "Pause a task before its next step."),
    Verb(AT_A_SERVER, "resume", "task_control:resume", "Resume a paused task."),
    Verb(AT_A_SERVER, "approve", "approve:approve", _APPROVE),
    Verb(AT_A_SERVER, "answer", "approve:answer", _ANSWER),
    Verb(AT_A_SERVER, "log", "transcripts:log", _LOG),
    Verb(AT_A_SERVER, "screen", "terminal:screen", _SCREEN),
    Verb(AT_A_SERVER, "input", "terminal:give_input", _INPUT),
    Verb(AT_A_SERVER, "tasks", "listings:tasks", "List tasks, newest first."),
    Verb(AT_A_SERVER, "sessions", "listings:sessions", "List sessions, newest first."),
    Verb(AT_A_SERVER, "export", "transcripts:export", _EXPORT),
    Verb(THIS_MACHINE, "agents", "agents:agents", _AGENTS),
    Verb(THIS_MACHINE, "doctor", "doctor:doctor", "Check what this machine has and lacks."),
    Verb(THIS_MACHINE, "db", "db:db", "Upgrade, check or back up the database."),
)
