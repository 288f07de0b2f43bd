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
from tests.unit.entrypoints.cli.received_events import Pages, received

PROGRESS = [
    Log(line="10 %\r", line_num=1, stream="pty", partial=True),
    Log(line="90 %\r", line_num=1, stream="pty", partial=True),
    Log(line="done", line_num=1, stream="pty"),
]


def test_a_pipe_gets_complete_lines_in_their_final_state() -> None:
    assert _shown(*PROGRESS, is_terminal=False) == ("done\n", "")


def test_a_terminal_sees_a_line_grow() -> None:
    shown = "\r\x1b[K10 %\r\x1b[K90 %\r\x1b[Kdone\n"

    assert _shown(*PROGRESS, is_terminal=True) == (shown, "")


def test_stdout_and_stderr_stay_separate() -> None:
    logs = (
        Log(line="out", line_num=1, stream="stdout"),
        Log(line="err", line_num=2, stream="stderr"),
    )

    assert _shown(*logs, is_terminal=False) == ("out\n", "err\n")


def test_an_unfinished_line_is_shown_at_the_end() -> None:
    prompt = Log(line="Password: ", line_num=1, stream="pty", partial=True)
    ended = TaskComplete(final_answer="Password:", duration_ms=1)

    assert _shown(prompt, ended, is_terminal=False) == ("Password: \n", "")


def test_the_exit_of_the_command_itself_has_no_message() -> None:
    exited = TaskFailed(error="x", reason="exit_code", duration_ms=1, exit_code=3)

    assert _shown(TaskQueued(task="x"), exited, is_terminal=False) == ("", "")


def test_a_cancelled_command_has_a_message() -> None:
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
            view.show(received(event))
    return pages.items
