"""Tasks and commands carried out by the command itself, as a user would start it."""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.e2e.cli_process import Cli
from tests.patience import PATIENCE_S

Arguments = tuple[str, ...]
Ended = CompletedProcess[str]

STUBBORN = "trap '' INT TERM HUP; echo ready; while :; do sleep 1; done"
EXIT_CODES: Mapping[Arguments, int] = {
    ("run", "--agent", "shell", "exit 9"): 1,
    ("run", "--agent", "nobody", "hi"): 2,
    ("run", "--model", "m", "--agent", "shell", "hi"): 2,
    ("run", " "): 2,
    ("run", "hi", "--session", "no spaces"): 2,
    ("run", "hi", "--timeout", "soon"): 2,
    ("run", "hi", "--workspace", "/"): 2,
    ("exec",): 2,
    ("exec", "--workspace", "..", "--", "true"): 2,
    ("exec", "--", "true"): 0,
    ("exec", "--", "no-such-command"): 127,
    ("exec", "--", "./readable"): 126,
    ("exec", "--", "sh", "-c", "exit 9"): 9,
    ("exec", "--", "sh", "-c", "kill -TERM $$"): 143,
    ("exec", "--timeout", "0.2", "--", "sleep", "60"): 1,
}


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(folder=tmp_path)


def test_run_carries_a_task_out_in_the_current_folder(cli: Cli) -> None:
    (cli.folder / "hello.py").touch()

    ran = cli.run("run", "List all .py files in the current directory")

    assert (ran.returncode, ran.stderr) == (0, "")
    assert "hello.py" in ran.stdout


def test_nothing_is_done_in_a_home_and_the_way_out_is_named(cli: Cli) -> None:
    for command in (["exec", "--", "touch", "done"], ["run", "--agent", "shell", "touch done"]):
        ran = cli.run(*command, env={"HOME": str(cli.folder)})

        assert (ran.returncode, ran.stdout) == (2, "")
        assert "it is a home directory" in ran.stderr
        assert "--workspace" in ran.stderr
    assert list(cli.folder.iterdir()) == []


def test_json_is_the_log_and_nothing_else(cli: Cli) -> None:
    ran = cli.run("run", "--agent", "shell", "echo one", "--json")

    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(event["seq"], event["event_type"]) for event in events] == [
        (1, "task_queued"),
        (2, "task_started"),
        (3, "process_started"),
        (4, "sandbox_status"),
        (5, "log"),
        (6, "process_exited"),
        (7, "task_complete"),
    ]


def test_a_task_is_done_with_the_model_that_is_named(cli: Cli) -> None:
    agent = 'argv = ["echo", "asked", "-m", "{model}"]\nhand_over = "none"\nmodels = ["a/b:1"]\n'
    (cli.folder / "agentcast.toml").write_text(f"[agents.echo]\n{agent}")

    named, unnamed, other = (
        cli.run("run", "--agent", "echo", *more, "go")
        for more in (("--model", "a/b:1"), (), ("--model", "c"))
    )

    assert "\nasked -m a/b:1\n" in named.stdout
    assert "\nasked\n" in unnamed.stdout
    refusal = "agentcast: agent 'echo' may not use 'c'; it may use a/b:1\n"
    assert (other.returncode, other.stderr) == (2, refusal)


def test_a_session_goes_on_in_the_next_run(cli: Cli) -> None:
    cli.run("run", "--agent", "shell", "echo one", "--session", "s1")

    ran = cli.run("run", "--agent", "shell", "echo two", "--session", "s1", "--json")

    assert [json.loads(line)["seq"] for line in ran.stdout.splitlines()] == list(range(8, 15))


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Arguments, Ended]:
    """Two at a time, each in a folder of its own: a command takes long to start."""

    def run(arguments: Arguments) -> Ended:
        cli = Cli(folder=tmp_path_factory.mktemp("ended"))
        (cli.folder / "readable").touch(mode=0o600)
        return cli.run(*arguments)

    with ThreadPoolExecutor(max_workers=2) as some:
        return dict(zip(EXIT_CODES, some.map(run, EXIT_CODES), strict=True))


@pytest.mark.parametrize(("arguments", "code"), EXIT_CODES.items())
def test_the_exit_code_is_that_of_the_outcome(
    ended: Mapping[Arguments, Ended], arguments: Arguments, code: int
) -> None:
    ran = ended[arguments]

    assert (ran.returncode, "Traceback" in ran.stderr) == (code, False)


def test_exec_shows_the_output_of_the_command_alone(cli: Cli) -> None:
    ran = cli.run("exec", "--no-pty", "--", "sh", "-c", "echo out; echo err >&2")

    assert (ran.stdout, ran.stderr) == ("out\n", "err\n")


def test_a_reader_that_leaves_ends_the_command_quietly(cli: Cli) -> None:
    process = cli.start("exec", "--", "sh", "-c", "while :; do echo on; done")
    assert process.stdout is not None and process.stderr is not None

    first = process.stdout.readline()
    process.stdout.close()

    with process.stderr as errors:
        assert (first, process.wait(timeout=PATIENCE_S), errors.read()) == ("on\n", 141, "")


def test_ctrl_c_cancels_the_task_and_waits_for_its_end(cli: Cli) -> None:
    process = cli.start("run", "--json", "--agent", "shell", "echo ready; sleep 60")
    cli.wait_for(process, '"line":"ready"')

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 3
    assert json.loads(out.splitlines()[-1])["event_type"] == "task_cancelled"


def test_ctrl_c_while_the_command_is_loaded_leaves_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "cyclopts.py").write_text("raise KeyboardInterrupt  # as in the middle of loading")

    ran = subprocess.run(
        [sys.executable, "-c", "from entrypoints.cli.start import main; raise SystemExit(main())"],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=False,
        timeout=PATIENCE_S,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"")


def test_a_second_ctrl_c_kills_what_will_not_end(cli: Cli) -> None:
    process = cli.start("exec", "--", "sh", "-c", STUBBORN)
    cli.wait_for(process, "ready")

    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    printed = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)

    expected = "cancelling the task, waiting for its end; press Ctrl-C again to kill it\n"
    assert (printed, process.returncode) == (expected, 3)


def test_a_wrong_setting_is_one_line(cli: Cli) -> None:
    ran = cli.run("run", "hi", env={"AGENTCAST_PROT": "1"})

    printed = "agentcast: AGENTCAST_PROT: there is no such setting; did you mean AGENTCAST_PORT?\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", printed)


def test_the_database_can_be_checked_and_backed_up(cli: Cli) -> None:
    cli.run("run", "--agent", "shell", "true")

    codes = [
        cli.run(*arguments).returncode
        for arguments in (
            ("db", "check"),
            ("db", "backup", "copy.db"),
            ("db", "backup", "copy.db"),
            ("db", "check", "--database-url", f"sqlite:///{cli.folder}/copy.db"),
            ("db", "upgrade"),
        )
    ]

    assert codes == [0, 0, 1, 0, 0]


def test_damage_is_found(cli: Cli) -> None:
    cli.run("db", "upgrade")
    (cli.data_dir / "agentcast.db").write_bytes(b"SQLite format 3\0" + b"x" * 8192)

    ran = cli.run("db", "check")

    assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)


def test_the_doctor_looks_at_everything_and_makes_nothing(cli: Cli) -> None:
    ran = cli.run("doctor")

    subjects = {line.split()[1] for line in ran.stdout.splitlines()}
    looked_at = {"python", "data", "database", "sandbox", "watchdog", "user", "model", "agents"}
    assert (ran.returncode, subjects, cli.data_dir.exists()) == (0, looked_at, False)


def test_the_doctor_reports_what_keeps_it_from_working_as_json_too(cli: Cli) -> None:
    ran = cli.run("doctor", "--data-dir", "/proc/nowhere", "--json")

    findings = [json.loads(line) for line in ran.stdout.splitlines()]
    (failed,) = [finding for finding in findings if finding["verdict"] == "fail"]
    assert (ran.returncode, failed["subject"], "/proc/nowhere" in failed["text"]) == (
        1,
        "data",
        True,
    )
