from domain.thinking_events import IterationStart
from entrypoints.cli.views.event_line import EventLine
from entrypoints.cli.views.thinking_lines import thinking_line


def test_an_agent_that_tells_no_most_of_iterations_is_given_none() -> None:
    assert thinking_line(IterationStart(iteration=1, max_iterations=0)) == EventLine(
        text="iteration 1"
    )
