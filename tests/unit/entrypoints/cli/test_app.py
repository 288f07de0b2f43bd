"""Arguments, and how a failure reads."""

import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints.cli.app import main
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.verbs import VERBS

PAGE = (Path(__file__).parents[4] / "docs/cli.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["submit"], "TASK"),
        (["submit", "x", "--on-busy", "wait"], "on-busy"),
        (["submit", "x", "--approval", "maybe"], "approval"),
        (["watch"], "--session, --task or --agent"),
        (["watch", "--task", "t", "--agent", "a"], "--task says it all"),
        (["tasks", "--status", "dead"], "status"),
        (["tasks", "--limit", "many"], "limit"),
        (["tasks", "--server", "nowhere"], "--server"),
        (["cancel"], "TASK"),
        (["pause"], "TASK"),
        (["resume"], "TASK"),
        (["approve", "--deny"], "--deny"),
        (["approve", "a", "--task", "t"], "--task"),
        (["answer", "t"], "answer what?"),
        (["input", "t"], "{TEXT, --key, --eof, --signal, --size}"),
        (["input", "t", "hi", "--eof"], "{TEXT, --eof}"),
        (["input", "t", "--signal", "KILL"], "--signal"),
        (["submit", "x", "--tokens", "0"], "--tokens"),
        (["submit", "x", "--rule", "colours"], "--rule"),
        (["submit", "x", "--rules", "nowhere.toml"], "nowhere.toml"),
        (["submit", "x", "--metadata", "12"], "submit: Give a name and a value: --metadata.NAME"),
        (
            ["run", "x", "--metadata.ticket"],
            "run: Give a name and a value: --metadata.NAME VALUE.",
        ),
        (["dance"], "dance"),
        (["submit", "x", "--dance"], "--dance"),
        (["run", "x", "--timeout", "nan"], "--timeout"),
        (["exec", "--timeout=-1", "--", "ls"], "--timeout"),
        (["submit", "x", "--timeout", "inf"], "--timeout"),
        (["submit", "x", "--timeout", "0"], "--timeout"),
        (["run", "x", "--agent", ""], "--agent"),
        (["submit", "x", "--agent", "a/b"], "--agent"),
        (["tasks", "--agent", ""], "--agent"),
        (["run", "caf\udce9"], r"not UTF-8: 'caf\udce9'"),
    ],
)
def test_a_wrong_argument_is_one_line_that_names_it(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(arguments)

    written = capsys.readouterr()
    lines = written.err.splitlines()
    assert (code, written.out, len(lines), message in written.err) == (2, "", 1, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["submit", "x", "--agnet", "y"],
            "agentcast submit: Unknown option: --agnet. Did you mean --agent? (see",
        ),
        (
            ["watch", "x"],
            "agentcast watch: Unexpected argument: 'x'. (see agentcast watch --help)",
        ),
        (
            ["run", "List", "all", "files"],
            "agentcast run: Unexpected argument: 'all' 'files'. Put a text with spaces into quotes.",
        ),
        (
            ["exec", "ls", "-l"],
            "agentcast exec: Unknown option: -l. Put the command and its options after --.",
        ),
        (
            ["db", "backup", "a", "b c"],
            "agentcast db backup: Unexpected argument: 'b c'. (see agentcast db backup --help)",
        ),
        (["tasks", "--limit"], "agentcast tasks: Command"),
        (["submitt", "x"], 'agentcast: Unknown command "submitt". Did you mean "submit"?'),
        (["db", "chekc"], 'agentcast db: Unknown command "chekc". Did you mean "check"?'),
    ],
)
def test_a_wrong_argument_names_its_verb_and_a_suggestion(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(arguments)

    assert capsys.readouterr().err.startswith(message)


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit", "x"],
        ["tasks"],
        ["watch", "--session", "s"],
        ["cancel", "t"],
        ["pause", "t"],
        ["resume", "t"],
        ["approve"],
        ["answer", "t", "yes"],
        ["retry", "t"],
        ["log", "t"],
        ["screen", "t"],
        ["screen", "t", "--follow"],
        ["input", "t", "--eof"],
        ["export", "s"],
    ],
)
def test_an_unreachable_server_is_exit_code_5(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([*arguments, "--server", "http://127.0.0.1:1"])

    message = capsys.readouterr().err
    assert code == 5
    assert message.startswith("agentcast: cannot reach the server at http://127.0.0.1:1: ")
    assert message.endswith("; agentcast serve starts one\n") is (arguments[0] != "watch")
    assert message.count("\n") == 1


@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_verb_has_a_help_and_a_place_in_the_documentation(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([verb, "--help"])

    shown = capsys.readouterr().out
    assert (code, shown.startswith(f"Usage: agentcast {verb} ")) == (0, True)
    assert "Exit codes: 0 done" in shown
    assert f"`{verb}" in PAGE


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    assert f"\n| {code:d} | " in PAGE


def test_help_and_watching_do_not_load_the_server() -> None:
    loaded = "import sys, entrypoints.cli.app, entrypoints.cli.commands.watch, entrypoints.cli.commands.submit;"
    ask = "print(sorted({'uvicorn', 'fastapi', 'sqlalchemy', 'pydantic'} & set(sys.modules)))"

    answer = subprocess.run(
        [sys.executable, "-c", loaded + ask], capture_output=True, text=True, check=True
    )

    assert answer.stdout == "[]\n"
