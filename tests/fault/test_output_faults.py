"""Output that no terminal was made for: without line ends, without characters, without end."""

import asyncio
import sys
import time
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from adapters.archive.file_output_archive import MAX_BYTES, FileOutputArchive
from adapters.cli_agents.codex_parser import CodexParser
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from domain.agent_profile import AgentProfile
from domain.ids import AgentName, TaskId
from domain.process_events import SchemaDrift
from ports.runner import Completed, Outcome
from tests.command_runner_fakes import command_runner
from tests.e2e.client import Client, events_of
from tests.e2e.live_processes import commands_of
from tests.fault.counting_context import CountingContext
from tests.process_fakes import RecordingContext, process_task

TASK = TaskId("task_1")
LINES = AgentProfile(name=AgentName("x"), kind="command", sandbox="none")
PARSED = AgentProfile(name=AgentName("x"), kind="codex", sandbox="none", pty=False)
FLOOD = "import sys\nfor _ in range(1000): sys.stdout.write('x' * 100_000)\n"
BYTES = """
import os, random
chance = random.Random(7)
data = bytes(chance.randrange(256) for _ in range(50_000))
data = data.translate(None, b'\\r\\x05\\x1b\\xc2')  # what asks a terminal is not logged
for _ in range(2000):
    size = chance.randrange(1, 60)
    os.write(1, data[:size])
    data = data[size:]
"""
SPLIT = """
import os
for byte in ('zwölf 🎉 \\0 日本 ' * 50 + '\\n').encode() * 4:
    os.write(1, bytes([byte]))
"""
PROGRESS = """
import os, time
ends = time.monotonic() + 2
while time.monotonic() < ends:
    os.write(1, b'\\r%f' % time.monotonic())
    time.sleep(0.0001)
os.write(1, b'\\ndone\\n')
"""


@pytest.mark.fault
@pytest.mark.parametrize("profile", [LINES, PARSED], ids=["lines", "parsed"])
async def test_a_line_without_end_is_cut_and_costs_no_memory(
    tmp_path: Path, profile: AgentProfile
) -> None:
    archive = FileOutputArchive(root=tmp_path / "output")
    context = CountingContext(profile=profile, workspace=str(tmp_path))
    before = psutil.Process().memory_info().rss

    with anyio.fail_after(60):
        await _run(context, FLOOD, archive)

    assert (context.chars, context.longest) == (100_000_000, 32 * 1024)
    assert context.most_bytes - before < (50_000_000 if profile is LINES else 150_000_000)
    assert MAX_BYTES // 2 <= await archive.size_bytes() <= MAX_BYTES
    assert not await archive.has_beginning(TASK)
    assert context.kinds[SchemaDrift] == (0 if profile is LINES else 1)


@pytest.mark.fault
@pytest.mark.parametrize("script", [BYTES, SPLIT], ids=["bytes", "split"])
async def test_every_character_arrives_however_it_was_cut(tmp_path: Path, script: str) -> None:
    archive = FileOutputArchive(root=tmp_path / "output")
    profile = AgentProfile(name=AgentName("x"), kind="command", sandbox="none", pty=False)
    context = RecordingContext(profile=profile, workspace=str(tmp_path))

    with anyio.fail_after(30):
        await _run(context, script, archive)

    kept = b"".join([piece async for piece in archive.read(TASK)]).decode()
    lines: dict[int, str] = {}
    for log in context.logs:
        lines[log.line_num] = lines.get(log.line_num, "") + log.line
    assert "\n".join(lines.values()) == kept.removesuffix("\n")
    assert all(lines[number + 1] is not None for number in range(len(lines)))
    assert ("\ufffd" in kept) == (script is BYTES)
    assert kept.count("🎉") == (200 if script is SPLIT else 0)


@pytest.mark.fault
async def test_a_progress_bar_that_hurries_is_shown_twenty_times_a_second(tmp_path: Path) -> None:
    context = RecordingContext(profile=LINES, workspace=str(tmp_path))
    began = time.monotonic()

    with anyio.fail_after(30):
        outcome = await _run(context, PROGRESS, FileOutputArchive(root=tmp_path / "output"))

    assert outcome == Completed(final_answer="done", exit_code=0)
    assert 10 < len(context.logs) <= 20 * (time.monotonic() - began) + 2
    assert [log.line for log in context.logs if not log.partial][-1] == "done"


@pytest.mark.fault
@pytest.mark.parametrize(
    ("task", "limits", "reason"),
    [
        ("yes 0123456789", {"output_bytes": 100_000}, "limit.output"),
        ("tr '\\0' x </dev/zero", {"output_bytes": 100_000}, "limit.output"),
        ("printf 'name? '; read name", {"idle_s": 1}, "idle_timeout"),
    ],
)
async def test_what_never_ends_is_ended(
    own: Client, task: str, limits: dict[str, int], reason: str
) -> None:
    profile = {"kind": "shell", "keeps_stdin": True}
    await own.request("PUT", "/api/v1/agents/waiting", json=profile)

    with anyio.fail_after(30):
        task_id = await own.submit(task, session_id="s", agent="waiting", limits=limits)
        ended = await own.finished(task_id)

    assert (ended["status"], ended["reason"]) == ("failed", reason)
    assert commands_of(own.server.pid) == []
    log = await own.request("GET", f"/api/v1/tasks/{task_id}/log")
    assert log.text.startswith(("0123456789\n", "xxx", "name? "))


@pytest.mark.load
async def test_twenty_terminals_lose_no_line(
    own: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    server = psutil.Process(own.server.pid)
    program = (
        "import time\nfor n in range(2000):\n print('line', n, flush=True)\n time.sleep(.005)"
    )
    task = f'{sys.executable} -c "{program}"'
    before, began = server.cpu_times(), time.monotonic()

    async def watched(number: int) -> list[str]:
        task_id = await own.submit(task, session_id=f"s{number}")
        frames = events_of(await own.events(task_id))
        return [str(frame.data["line"]) for frame in frames if frame.event == "log"]

    with anyio.fail_after(90):
        seen = await asyncio.gather(*(watched(number) for number in range(20)))

    after, took_s = server.cpu_times(), time.monotonic() - began
    used_s = after.user + after.system - before.user - before.system
    with capsys.disabled():
        megabytes = server.memory_info().rss / 1e6
        sys.stdout.write(
            f"\n20 terminals, {sum(map(len, seen))} lines in {took_s:.1f} s: "
            f"{100 * used_s / took_s:.0f} % of a processor, {megabytes:.0f} MB\n"
        )
    assert seen == [[f"line {n}" for n in range(2000)]] * 20


async def _run(context: RecordingContext, script: str, archive: FileOutputArchive) -> Outcome:
    clock = SystemClock()
    runner = command_runner(
        LinuxProcessHost(), clock=clock, archive=archive, parsers={"codex": CodexParser(clock)}
    )
    context.profile = replace(
        context.profile, argv=(sys.executable, "-c", script), hand_over="none"
    )
    return await runner.run(process_task("", task_id=TASK), context)
