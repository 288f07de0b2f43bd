from domain.events import AgentEvent
from domain.thinking_events import Phase, PhaseComplete, PhaseStart, PlanCreated
from tests.unit.adapters.cli_agents.claude_lines import Line, assistant, tool_result, tool_use
from tests.unit.adapters.cli_agents.transcript import events_of, new_parser


def planned(*lines: Line) -> list[AgentEvent]:
    events = events_of(new_parser("claude-code"), *lines)
    kinds = PlanCreated | PhaseStart | PhaseComplete
    return [event for event in events if isinstance(event, kinds)]


def called(
    tool_name: str, result: str, *, is_error: bool = False, **arguments: object
) -> list[Line]:
    return [
        assistant(tool_use("c1", tool_name, arguments)),
        tool_result("c1", result, is_error=is_error),
    ]


def todos(*steps: tuple[str, str]) -> list[Line]:
    listed = [{"content": step, "status": status, "activeForm": "…"} for step, status in steps]
    return called("TodoWrite", "Todos have been modified successfully.", todos=listed)


def test_todo_writes_are_one_plan_that_progresses() -> None:
    assert planned(
        *todos(("look", "in_progress"), ("write", "pending")),
        *todos(("look", "completed"), ("write", "in_progress")),
        *todos(("look", "completed"), ("write", "in_progress")),
    ) == [
        PlanCreated(
            goal="",
            phases=(
                Phase(id="1", name="look", status="in_progress"),
                Phase(id="2", name="write", status="pending"),
            ),
        ),
        PhaseComplete(phase_id="1", phase_name="look"),
        PhaseStart(phase_id="2", phase_name="write", phase_index=1),
    ]


def test_each_created_task_makes_a_new_plan() -> None:
    look = Phase(id="1", name="look", status="pending")
    write = Phase(id="2", name="write", status="pending")

    assert planned(
        *called("TaskCreate", "Task #1 created successfully: look", subject="look"),
        *called("TaskCreate", "Task #2 created successfully: write", subject="write"),
        *called("TaskUpdate", "Updated task #1 status", taskId="1", status="in_progress"),
        *called("TaskUpdate", "Updated task #1 status", taskId="1", status="completed"),
        *called("TaskUpdate", "Updated task #2 status", taskId="2", status="completed"),
    ) == [
        PlanCreated(goal="", phases=(look,)),
        PlanCreated(goal="", phases=(look, write)),
        PhaseStart(phase_id="1", phase_name="look", phase_index=0),
        PhaseComplete(phase_id="1", phase_name="look"),
        PhaseStart(phase_id="2", phase_name="write", phase_index=1),
        PhaseComplete(phase_id="2", phase_name="write"),
    ]


def test_a_task_that_is_dropped_or_renamed_makes_another_plan() -> None:
    assert planned(
        *called("TaskCreate", "Task #1 created successfully: look", subject="look"),
        *called("TaskUpdate", "Updated task #1", taskId="1", subject="look twice"),
        *called("TaskUpdate", "Updated task #1", taskId="1", status="deleted"),
    ) == [
        PlanCreated(goal="", phases=(Phase(id="1", name="look", status="pending"),)),
        PlanCreated(goal="", phases=(Phase(id="1", name="look twice", status="pending"),)),
        PlanCreated(goal="", phases=()),
    ]


def test_a_failed_or_unknown_call_changes_no_plan() -> None:
    assert (
        planned(
            *called("TaskCreate", "No.", is_error=True, subject="look"),
            *called("TaskCreate", "Task #1 created successfully", title="look"),
            *called("TaskUpdate", "Updated task #7", taskId="7", status="completed"),
            *called("TodoWrite", "Done.", todos="look"),
            *called("TodoWrite", "Done.", todos=[{"task": "look"}]),
        )
        == []
    )
