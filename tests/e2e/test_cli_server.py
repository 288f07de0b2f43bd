"""The commands that talk to a server, against a real one."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli_process import Cli
from tests.patience import PATIENCE_S

ASKING = 'script:\ntool ask_user {"question": "Which?"}\nanswer You said {result}\n'
LINES = "for i in $(seq 1 20); do echo line $i; sleep 0.05; done"


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return Cli(folder=tmp_path_factory.mktemp("cli"))


@pytest.fixture(scope="module")
def at(cli: Cli) -> Iterator[dict[str, str]]:
    """The environment that leads to a running server."""
    with cli.serving() as (_, url):
        yield {"AGENTCAST_URL": url}


def test_submit_watches_the_task_to_its_end(cli: Cli, at: dict[str, str]) -> None:
    ran = cli.run("submit", "--agent", "shell", "echo one; exit 4", "--json", env=at)

    kinds = [json.loads(line)["event_type"] for line in ran.stdout.splitlines()]
    assert (ran.returncode, ran.stderr, kinds) == (
        1,
        "",
        [
            "task_queued",
            "task_started",
            "process_started",
            "sandbox_status",
            "log",
            "process_exited",
            "task_failed",
        ],
    )


def test_a_model_is_named_to_the_server(cli: Cli, at: dict[str, str]) -> None:
    taken, refused = (
        cli.run("submit", "-d", "--json", "--model", "m", "--agent", agent, "hi", env=at)
        for agent in ("react", "shell")
    )

    assert (taken.returncode, json.loads(taken.stdout)["agent"]) == (0, "react")
    assert (refused.returncode, "asks no model" in refused.stderr) == (2, True)


def test_a_detached_task_is_found_watched_and_listed(cli: Cli, at: dict[str, str]) -> None:
    submitted = cli.run(
        "submit", "--detach", "--agent", "shell", "echo one", "--session", "s1", env=at
    )
    task_id, session_id = submitted.stdout.split()

    watched = cli.run("watch", "--task", task_id, env=at)
    again = cli.run("watch", "--task", task_id, "--json", env=at)
    last = json.loads(again.stdout.splitlines()[-1])
    listed = cli.run("tasks", "--session", "s1", "--status", "completed", env=at)

    assert (session_id, watched.returncode, last["event_type"]) == ("s1", 0, "task_complete")
    assert "\none\n" in watched.stdout
    assert task_id in listed.stdout
    assert "s1" in cli.run("sessions", env=at).stdout
    assert "shell" in cli.run("agents", env=at).stdout


def test_a_cancelled_task_ends_its_watchers(cli: Cli, at: dict[str, str]) -> None:
    watcher = cli.start("submit", "--agent", "shell", "echo ready; sleep 60", "--json", env=at)
    task_id = json.loads(cli.wait_for(watcher, '"line":"ready"'))["task_id"]

    cancelled = cli.run("cancel", task_id, env=at)
    watcher.communicate(timeout=PATIENCE_S)

    assert (cancelled.returncode, watcher.returncode) == (0, 3)


def test_a_task_is_paused_and_resumed(cli: Cli, at: dict[str, str]) -> None:
    watcher = cli.start("submit", "--agent", "react", ASKING, "--json", env=at)
    task_id = json.loads(cli.wait_for(watcher, '"event_type":"input_required"'))["task_id"]

    paused = cli.run("pause", task_id, env=at)
    resumed = cli.run("resume", task_id, env=at)
    again = cli.run("resume", task_id, env=at)
    cli.run("cancel", task_id, env=at)
    watcher.communicate(timeout=PATIENCE_S)

    assert (paused.returncode, paused.stdout) == (0, f"{task_id} pauses before its next step\n")
    assert (resumed.returncode, resumed.stdout) == (0, f"{task_id} resumes\n")
    assert (again.returncode, again.stdout, "(409)" in again.stderr) == (1, "", True)


def test_ctrl_c_cancels_what_was_submitted(cli: Cli, at: dict[str, str]) -> None:
    process = cli.start("submit", "--agent", "shell", "echo ready; sleep 60", env=at)
    cli.wait_for(process, "ready\n")

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 3


def test_ctrl_c_ends_the_watching_and_not_the_task(cli: Cli, at: dict[str, str]) -> None:
    submitted = cli.run("submit", "--detach", "--agent", "shell", "echo ready; sleep 60", env=at)
    task_id = submitted.stdout.split()[0]
    watcher = cli.start("watch", "--task", task_id, "--json", env=at)
    cli.wait_for(watcher, '"line":"ready"')

    watcher.send_signal(signal.SIGINT)
    _, stderr = watcher.communicate(timeout=PATIENCE_S)

    running = cli.run("tasks", "--status", "running", "--json", env=at)
    cli.run("cancel", task_id, env=at)
    assert (watcher.returncode, json.loads(running.stdout)["task_id"]) == (130, task_id)
    assert stderr == "stopped watching; no task was cancelled\n"


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("submit", "hi", "--agent", "nobody"), 2, "agent"),
        (("submit", "hi", "--session", "no spaces"), 2, "session_id"),
        (("watch", "--session", "s", "--after", "x"), 2, "cursor"),
        (("watch", "--task", "nothing"), 1, "404"),
        (("cancel", "nothing"), 1, "404"),
    ],
)
def test_a_refusal_is_one_line_that_names_the_field(
    cli: Cli, at: dict[str, str], arguments: tuple[str, ...], code: int, field: str
) -> None:
    ran = cli.run(*arguments, env=at)

    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (code, "", 1)
    assert field in ran.stderr


def test_run_works_beside_a_server_on_the_same_data(cli: Cli, at: dict[str, str]) -> None:
    ran = cli.run("run", "--agent", "shell", "echo one", "--session", "s2")

    replayed = cli.run("tasks", "--session", "s2", "--json", env=at)

    assert (ran.returncode, json.loads(replayed.stdout)["status"]) == (0, "completed")


def test_a_watcher_survives_the_death_of_the_server_and_misses_nothing(tmp_path: Path) -> None:
    cli = Cli(folder=tmp_path)
    with cli.serving() as (server, url):
        watcher = cli.start(
            "submit", "--json", "--agent", "shell", LINES, env={"AGENTCAST_URL": url}
        )
        first = json.loads(cli.wait_for(watcher, '"line":"line 3"'))["seq"]
        server.kill()
        server.wait()
    with cli.serving(port=int(url.rpartition(":")[2])):
        out, stderr = watcher.communicate(timeout=PATIENCE_S)

    events = [json.loads(line) for line in out.splitlines()]
    seqs = [event["seq"] for event in events]
    assert (watcher.returncode, events[-1]["event_type"]) == (4, "task_interrupted")
    assert seqs == list(range(first + 1, seqs[-1] + 1))
    assert "reconnecting" in stderr
