"""What is read of a machine that does not stand still meanwhile."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.process.process_table import carries_another, carries_any, process_table

WAITING = ("/bin/sh", "-c", "echo; read -r _")
MARK, ANOTHER = b"PROCESS_TABLE_TEST=1", b"PROCESS_TABLE_TEST=2"
PROGRAM = """#!/bin/sh
[ $1 -ne 150 ] || echo
[ $1 -eq 0 ] || exec "$0" $(($1 - 1))
"""


def test_what_is_started_while_the_table_is_read_is_in_it() -> None:
    table = process_table()
    first = next(table)

    with _started(*WAITING) as late:
        pids = [first.pid, *(entry.pid for entry in table)]

    assert late in pids
    assert len(set(pids)) == len(pids)


def test_one_that_loads_a_program_after_another_is_never_taken_for_one_without_environment(
    tmp_path: Path,
) -> None:
    program = tmp_path / "program"
    program.write_text(PROGRAM)
    program.chmod(0o700)

    answers = set()
    with _started(str(program), "150") as pid:
        while not os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            answers.add((carries_any(pid, [MARK]), carries_another(pid, [MARK])))
        ended = carries_any(pid, [MARK])

    assert answers <= {(True, False), (True, None), (None, False), (None, None)}
    assert ended is None


def test_it_is_known_of_one_that_has_no_environment() -> None:
    with _started(*WAITING, marks=()) as pid:
        assert carries_any(pid, [MARK]) is False


def test_another_mark_is_known_from_none() -> None:
    with _started(*WAITING) as marked, _started(*WAITING, marks=()) as bare:
        assert carries_another(marked, [ANOTHER])
        assert carries_another(bare, [ANOTHER]) is False
        assert carries_any(marked, [MARK, ANOTHER])


@contextmanager
def _started(*argv: str, marks: tuple[bytes, ...] = (MARK,)) -> Iterator[int]:
    """Its pid, once it has said something."""
    environment = dict(mark.split(b"=") for mark in marks)
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, env=environment, stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process.pid
        finally:
            process.kill()
