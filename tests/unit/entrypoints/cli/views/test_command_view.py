"""A command's output, as if no agent had been around it."""

from domain.process_events import Log
from domain.task_events import (
    FinalEvent,
    TaskCancelled,
    TaskComplete,
    TaskFailed,
    TaskQueued,
)
from entrypoints.cli.views.view_choice import command_view
from tests.unit.entrypoints.cli.seen import Pages, seen_of

PROGRESS = [
    Log(line="10 %\r", line_num=1, stream="pty", partial=True),
    Log(line="90 %\r", line_num=1, stream="pty", partial=True),
    Log(line="done", line_num=1, stream="pty"),
]


def test_a_pipe_gets_whole_lines_as_they_were_in_the_end() -> None:
    assert _shown(*PROGRESS, is_terminal=False) == ("done\n", "")


def test_a_terminal_sees_a_line_grow() -> None:
    shown = "\r\x1b[K10 %\r\x1b[K90 %\r\x1b[Kdone\n"

    assert _shown(*PROGRESS, is_terminal=True) == (shown, "")


def test_the_two_streams_stay_two() -> None:
    logs = (
        Log(line="out", line_num=1, stream="stdout"),
        Log(line="err", line_num=2, stream="stderr"),
    )

    assert _shown(*logs, is_terminal=False) == ("out\n", "err\n")


def test_what_was_never_finished_is_shown_in_the_end() -> None:
    prompt = Log(line="Password: ", line_num=1, stream="pty", partial=True)
    ended = TaskComplete(final_answer="Password:", duration_ms=1)

    assert _shown(prompt, ended, is_terminal=False) == ("Password: \n", "")


def test_an_end_of_the_commands_own_needs_no_words() -> None:
    exited = TaskFailed(error="x", reason="exit_code", duration_ms=1, exit_code=3)

    assert _shown(TaskQueued(task="x"), exited, is_terminal=False) == ("", "")


def test_an_end_that_was_made_is_told() -> None:
    late = TaskFailed(error="too late", reason="timeout", duration_ms=1)
    cancelled = TaskCancelled(reason="user", by="ann", duration_ms=1)

    assert _shown(late, is_terminal=False) == (
        "",
        "agentcast: failed after 1 ms (timeout): too late\n",
    )
    assert _shown(cancelled, is_terminal=False) == (
        "",
        "agentcast: cancelled after 1 ms (user) by ann\n",
    )


def _shown(*events: Log | TaskQueued | FinalEvent, is_terminal: bool) -> tuple[str, str]:
    pages = Pages(is_terminal=is_terminal)
    with command_view(pages.output, as_json=False, raw=False) as view:
        for event in events:
            view.show(seen_of(event))
    return pages.told
