from domain.thinking_events import IterationStart
from entrypoints.cli.views.event_lines import EventLine, thinking_line


def test_iterations_without_a_maximum_are_shown_without_one() -> None:
    assert thinking_line(IterationStart(iteration=1, max_iterations=0)) == EventLine(
        text="iteration 1"
    )
