"""Attributing orphans to commands by what they cannot hide."""

import os
import subprocess

from adapters.process.child_reaper import ChildReaper
from adapters.process.process_table import ProcessEntry

# No process has these, so that it is the same wherever the tests run: also as the first process
# of a container, or in a session from outside of it.
SERVER = -100
GONE = -200  # the session of a leader that has ended


def entry(
    pid: int, *, started: int, parent: int = SERVER, session: int = GONE, is_zombie: bool = False
) -> ProcessEntry:
    return ProcessEntry(
        pid=pid,
        is_zombie=is_zombie,
        parent=parent,
        group=session,
        session=session,
        started=started,
        cpu_ticks=0,
        rss_pages=0,
    )


def reaper(
    *known: tuple[int, int], parent: int = SERVER, is_sole_parent: bool = True
) -> ChildReaper:
    made = ChildReaper(parent=parent, is_sole_parent=is_sole_parent)
    made.enter_all(known)
    return made


def test_a_child_in_another_session_is_an_orphan_of_the_commands_that_ran_at_its_start() -> None:
    known = reaper((-1, 100), (-2, 200))

    early, late = entry(-7, started=150), entry(-8, started=250)

    assert known.orphans([early, late]) == [early, late]
    assert (set(known.owners(early)), set(known.owners(late))) == ({-1}, {-1, -2})


def test_it_has_no_owner_once_all_that_it_may_descend_from_have_ended() -> None:
    known = reaper((-1, 100), (-2, 200))
    orphan = entry(-7, started=150)

    known.forget(-1)

    assert known.orphans([orphan]) == [orphan]
    assert not known.owners(orphan)


def test_a_process_seen_below_a_command_is_attributed_to_that_command() -> None:
    known = reaper((-1, 100), (-2, 100))
    known.remember(-2, [entry(-7, started=150, parent=-2)], alive=[entry(-7, started=150)])

    assert set(known.owners(entry(-7, started=150))) == {-2}
    assert set(known.owners(entry(-7, started=151))) == {-1, -2}


def test_a_helper_of_the_server_is_no_orphan() -> None:
    known = reaper((-1, 100))
    with known.starting_helper() as helpers:
        helpers.add(-9)

    others = [
        entry(-1, started=100),
        entry(-9, started=150),
        entry(-4, started=99),
        entry(-5, started=150, parent=1),
        entry(-6, started=150, is_zombie=True),
    ]

    assert known.orphans(others) == []


def test_a_child_in_the_servers_session_is_no_orphan_also_where_that_is_from_outside() -> None:
    with subprocess.Popen(["sleep", "60"]) as server:
        known = reaper((-1, 100), parent=server.pid)
        session = os.getsid(server.pid)  # 0 if its leader is outside of the container
        others = [
            entry(-3, started=150, parent=server.pid, session=session),
            entry(-7, started=150, parent=server.pid),
        ]
        orphans = known.orphans(others)
        server.kill()

    assert [orphan.pid for orphan in orphans] == [-7]


def test_a_server_that_starts_other_processes_adopts_only_what_it_recognises() -> None:
    known = reaper((-1, 100), is_sole_parent=False)
    seen = entry(-8, started=150)
    known.remember(-1, [seen], alive=[seen])

    orphans = known.orphans([entry(-6, started=150, session=-1), entry(-7, started=150), seen])

    assert [orphan.pid for orphan in orphans] == [-6, -8]


def test_the_first_process_of_a_machine_adopts_what_others_start() -> None:
    assert not ChildReaper(parent=1, is_sole_parent=True).is_sole_parent
