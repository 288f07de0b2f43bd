"""What a person does with tasks of a server from a shell: answer, retry, read, look and type."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from tests.e2e.cli_process import Cli
from tests.e2e.client import Client
from tests.patience import PATIENCE_S

ASKING = 'script:\ntool ask_user {"question": "Which?", "choices": ["a", "b"]}\nanswer {result}\n'
TYPED_TO = {
    "kind": "command",
    "argv": ["sh", "-c", "echo ready; read line; stty size; echo got $line"],
    "hand_over": "none",
    "keeps_stdin": True,
}
COMPLETED = """\
. "$HOME/.bashrc"
completed() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _agentcast; echo "${COMPREPLY[*]}"; }
completed agentcast s
completed agentcast submit --on
completed agentcast submit --on-busy e
"""


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(folder=tmp_path)


@pytest.fixture
def at(client: Client) -> Mapping[str, str]:
    return {"AGENTCAST_URL": client.server.base_url}


async def test_the_fields_of_a_task_over_http_have_options_that_are_refused_alike(
    cli: Cli, at: Mapping[str, str], client: Client, session_id: str
) -> None:
    (cli.folder / "rules.toml").write_text("[[rules]]\nname = 'host'\npattern = '//([a-z.]+)'\n")
    task = ("echo see https://a.example/x", "--agent", "shell", "--session", session_id)
    rules = ("--rules", "rules.toml", "--rule", "urls")
    limits = ("--timeout", "60", "--idle", "30", "--output-bytes", "5000")
    workspace = ("--workspace", str(cli.folder))

    taken = cli.run(
        "submit", *task, *rules, *limits, *workspace, "--metadata.ticket", "12", "--json", env=at
    )
    refused = cli.run("submit", *task, "--tokens", "5", env=at)

    events = [json.loads(line) for line in taken.stdout.splitlines()]
    found = {event["rule"]: event["value"] for event in events if "rule" in event}
    stored = await client.get(f"/api/v1/tasks/{events[0]['task_id']}")
    assert found == {"host": "a.example", "urls": "https://a.example/x"}
    assert stored["limits"] == {"timeout_s": 60.0, "idle_s": 30.0, "output_bytes": 5000}
    assert stored["metadata"] == {"ticket": "12"}
    assert [event["cwd"] for event in events if "cwd" in event] == [str(cli.folder)]
    assert (refused.returncode, "limits.tokens" in refused.stderr) == (2, True)


async def test_a_question_is_listed_and_answered_in_words(
    cli: Cli, at: Mapping[str, str], client: Client, session_id: str
) -> None:
    task_id = await client.submit(ASKING, agent="react", session_id=session_id)
    await _has_come(client, task_id, "input_required")

    listed = cli.run("approve", "--task", task_id, env=at)
    answered = cli.run("answer", task_id, "b", env=at)
    task = await client.finished(task_id)
    again = cli.run("answer", task_id, "a", env=at)

    assert listed.stdout.splitlines() == [
        f"{task_id}  Which?",
        f"    agent react, session {session_id}",
        "    choice: a",
        "    choice: b",
    ]
    assert (answered.returncode, answered.stdout) == (0, f"{task_id} has the answer\n")
    assert task["result"] == {"final_answer": "b"}
    assert (again.returncode, again.stdout, "(409)" in again.stderr) == (1, "", True)


async def test_an_ended_task_is_carried_out_once_more_and_watched(
    cli: Cli, at: Mapping[str, str], client: Client, session_id: str
) -> None:
    task_id = await client.submit("echo one; exit 4", session_id=session_id)
    await client.finished(task_id)

    ran = cli.run("retry", task_id, "--json", env=at)

    events = [json.loads(line) for line in ran.stdout.splitlines()]
    ids = {event["task_id"] for event in events}
    retried = await client.get(f"/api/v1/tasks/{ids.pop()}")
    assert (ran.returncode, events[-1]["event_type"], ids) == (1, "task_failed", set())
    assert retried["retry_of"] == task_id


async def test_the_output_is_printed_whole_and_without_escapes_unless_they_are_wanted(
    cli: Cli, at: Mapping[str, str], client: Client, session_id: str
) -> None:
    task_id = await client.submit(
        r"printf '\033[31mred\033[0m\n'; seq 3000; printf ä", session_id=session_id
    )
    await client.finished(task_id)

    plain, raw = (cli.run("log", task_id, *more, env=at) for more in ((), ("--raw",)))

    numbers = "".join(f"{number}\n" for number in range(1, 3001))
    assert (plain.returncode, plain.stdout) == (0, f"red\n{numbers}ä\n")
    assert raw.stdout == f"\x1b[31mred\x1b[0m\n{numbers}ä"


async def test_a_session_is_exported_to_a_file_that_was_not_there(
    cli: Cli, at: Mapping[str, str], client: Client, session_id: str
) -> None:
    await client.finished(await client.submit("echo one", session_id=session_id))

    shown = cli.run("export", session_id, env=at)
    written, refused = (cli.run("export", session_id, "-o", "it.ndjson", env=at) for _ in "ab")

    seqs = [json.loads(line)["seq"] for line in shown.stdout.splitlines()]
    assert seqs == list(range(1, 8))
    assert (cli.folder / "it.ndjson").read_text() == shown.stdout
    assert (written.returncode, written.stdout) == (0, "it.ndjson\n")
    assert (refused.returncode, "File exists" in refused.stderr) == (2, True)


async def test_a_terminal_is_followed_resized_and_typed_to(
    cli: Cli, at: Mapping[str, str], client: Client, session_id: str
) -> None:
    put = await client.request("PUT", "/api/v1/agents/typed-to", json=TYPED_TO)
    assert put.is_success, put.text
    task_id = await client.submit("go", agent="typed-to", session_id=session_id)
    await _has_come(client, task_id, "log")
    follower = cli.start("screen", task_id, "--follow", "--json", env=at)
    cli.wait_for(follower, '"ready"')

    resized = cli.run("input", task_id, "--size", "30", "90", env=at)
    typed = cli.run("input", task_id, "hello", env=at)
    followed, _ = follower.communicate(timeout=PATIENCE_S)
    shown = cli.run("screen", task_id, env=at)

    assert (resized.returncode, typed.returncode, follower.returncode) == (0, 0, 0)
    assert shown.stdout == "ready\nhello\n30 90\ngot hello\n"
    last = json.loads(followed.splitlines()[-1])
    assert (last["rows"], last["lines"][:4]) == (30, shown.stdout.split("\n")[:4])


def test_verbs_options_and_choices_are_completed_in_bash(cli: Cli) -> None:
    home = {"HOME": str(cli.folder)}

    installed = cli.run("--install-completion", "--shell", "bash", env=home)
    completed = subprocess.run(
        ["bash", "--norc", "-c", COMPLETED],
        env={"PATH": "/usr/bin:/bin", **home},
        capture_output=True,
        text=True,
        check=True,
    )

    verbs, option, choice = completed.stdout.splitlines()
    assert installed.returncode == 0
    assert set(verbs.split()) == {"serve", "submit", "screen", "sessions"}
    assert (option.split(), choice.split()) == (["--on-busy"], ["enqueue"])


async def _has_come(client: Client, task_id: str, event_type: str) -> None:
    async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        with anyio.fail_after(PATIENCE_S):
            await stream.until(event_type)
