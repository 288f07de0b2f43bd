"""The process table, read while processes start and end."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.process.process_table import (
    has_any_marker,
    has_other_marker,
    process_table,
    still_living,
)

WAITING = ("/bin/sh", "-c", "echo; read -r _")
MARKER, ANOTHER = b"PROCESS_TABLE_TEST=1", b"PROCESS_TABLE_TEST=2"
PROGRAM = """#!/bin/sh
[ $1 -ne 150 ] || echo
[ $1 -eq 0 ] || exec "$0" $(($1 - 1))
"""


def test_a_process_started_while_the_table_is_read_is_in_it() -> None:
    table = process_table()
    first = next(table)

    with _started(*WAITING) as late:
        pids = [first.pid, *(entry.pid for entry in table)]

    assert late in pids
    assert len(set(pids)) == len(pids)


def test_a_process_during_execve_is_never_taken_for_one_without_environment(
    tmp_path: Path,
) -> None:
    program = tmp_path / "program"
    program.write_text(PROGRAM)
    program.chmod(0o700)

    answers = set()
    with _started(str(program), "150") as pid:
        while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            answers.add((has_any_marker(pid, [MARKER]), has_other_marker(pid, [MARKER])))
        ended = has_any_marker(pid, [MARKER])

    assert answers <= {(True, False), (True, None), (None, False), (None, None)}
    assert ended is None


def test_a_process_without_environment_has_no_marker() -> None:
    with _started(*WAITING, markers=()) as pid:
        assert has_any_marker(pid, [MARKER]) is False


def test_another_marker_is_distinguished_from_none() -> None:
    with _started(*WAITING) as marked, _started(*WAITING, markers=()) as bare:
        assert has_other_marker(marked, [ANOTHER])
        assert has_other_marker(bare, [ANOTHER]) is False
        assert has_any_marker(marked, [MARKER, ANOTHER])


def test_processes_that_have_ended_since_the_table_was_read_do_not_live() -> None:
    with _started(*WAITING) as living:
        with _started(*WAITING) as ended:
            entries = [one for one in process_table() if one.pid in (living, ended)]

        assert [one.pid for one in still_living(entries)] == [living]


def test_one_that_was_not_reaped_yet_does_not_live() -> None:
    with _started("/bin/true") as pid:
        [entry] = [one for one in process_table() if one.pid == pid]
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

        assert still_living([entry]) == []


@contextmanager
def _started(*argv: str, markers: tuple[bytes, ...] = (MARKER,)) -> Iterator[int]:
    """The pid, once the process has written a line."""
    environment = dict(marker.split(b"=") for marker in markers)
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, env=environment, stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()
