"""The conversation of a session, as it is read page by page."""

from collections.abc import Collection, Sequence

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from application.recall.session_messages import MessagePage, MessagePlace
from domain.events import AgentEvent
from domain.ids import SessionKey
from domain.process_events import Log
from domain.task_events import TaskComplete, TaskFailed, TaskQueued, TaskStarted
from domain.thinking_events import IterationComplete, IterationStart, Message
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.event_log import StoredEvent
from tests.seeded_session import SeededSession

STARTED = TaskStarted(worker_id="w", agent_kind="react")
CALLS: Sequence[AgentEvent] = (
    IterationStart(iteration=1, max_iterations=20),
    Message(message_id="m1", role="assistant", content="I look."),
    ToolCallStart(call_id="c1", tool_name="ls", arguments={"path": "."}),
    ToolCallComplete(call_id="c1", tool_name="ls", status="ok", result="a.py", duration_ms=1),
    ToolCallStart(call_id="c2", tool_name="cat", arguments={}),
    ToolCallComplete(
        call_id="c2", tool_name="cat", status="error", result="", error="no such", duration_ms=1
    ),
    IterationComplete(iteration=1, tool_calls=2, tokens_used=0),
)
LINES = [Log(line=f"line {number}", line_num=number, stream="pty") for number in range(1, 401)]
SAID = Message(message_id="m9", role="assistant", content="now the other")
ANSWER: Sequence[AgentEvent] = (
    IterationStart(iteration=2, max_iterations=20),
    Message(message_id="m2", role="assistant", content="There is a.py."),
    IterationComplete(iteration=2, tool_calls=0, tokens_used=0),
    TaskComplete(final_answer="There is a.py.", duration_ms=5),
)


class CountingLog(MemoryEventLog):
    """Counts what is fetched by each read of any kind."""

    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.fetched: list[int] = []

    async def find(
        self, session_key: SessionKey, *, event_types: Collection[str], after: int, limit: int
    ) -> Sequence[StoredEvent]:
        found = await MemoryEventLog(self.database).find(
            session_key, event_types=event_types, after=after, limit=limit
        )
        self.fetched.append(len(found))
        return found

    async def read(
        self, session_key: SessionKey, *, after: int, limit: int
    ) -> Sequence[StoredEvent]:
        read = await super().read(session_key, after=after, limit=limit)
        self.fetched.append(len(read))
        return read


async def test_a_task_reads_as_what_was_asked_called_and_answered() -> None:
    log = SeededSession(TaskQueued(task="list"), STARTED, *CALLS, *ANSWER)

    page = await log.messages().page(log.session, after=MessagePlace(), limit=50)

    assert shown(page) == [
        ("user", "list", ()),
        ("assistant", "I look.", ("c1", "c2")),
        ("tool", "a.py", ()),
        ("tool", "Error: no such", ()),
        ("assistant", "There is a.py.", ()),
    ]
    assert [each.message.seq for each in page.messages] == [1, 4, 6, 8, 11]
    assert page.messages[1].message.message_id == "m1"
    assert {each.created_at for each in page.messages} == {log.at}
    assert page.next_place is None


async def test_pages_of_any_size_make_up_the_same_conversation() -> None:
    log = SeededSession(TaskQueued(task="list"), STARTED, *CALLS)
    log.write(TaskQueued(task="more"), task_id="two")
    log.write(*ANSWER)
    log.write(STARTED, TaskComplete(final_answer="done", duration_ms=1), task_id="two")
    whole = await log.messages().page(log.session, after=MessagePlace(), limit=50)

    for limit in range(1, len(whole.messages) + 1):
        assert await in_pages(log, limit) == list(whole.messages)


async def test_a_page_fetches_no_more_than_it_shows_of_a_log_however_long() -> None:
    log = SeededSession()
    for number in range(50):
        task_id = f"task_{number}"
        log.write(TaskQueued(task=f"ask {number}"), STARTED, task_id=task_id)
        log.write(*LINES, task_id=task_id)
        log.write(TaskComplete(final_answer="done", duration_ms=1), task_id=task_id)
    counted = CountingLog(log.database)

    place: MessagePlace | None = MessagePlace()
    pages = 0
    while place is not None:
        page = await log.messages(counted).page(log.session, after=place, limit=10)
        place, pages = page.next_place, pages + 1

    assert pages == 10
    assert max(counted.fetched) <= 200
    assert sum(counted.fetched) < len(LINES) * 50 / 10


async def test_an_answer_without_a_message_is_read_from_the_end_of_the_task() -> None:
    log = SeededSession(TaskQueued(task="echo hi"), TaskStarted(worker_id="w", agent_kind="shell"))
    log.write(TaskComplete(final_answer="hi", exit_code=0, duration_ms=1))

    page = await log.messages().page(log.session, after=MessagePlace(), limit=50)

    assert shown(page) == [("user", "echo hi", ()), ("assistant", "hi", ())]


async def test_a_task_that_failed_leaves_what_was_asked() -> None:
    log = SeededSession(TaskQueued(task="go"), STARTED)
    log.write(TaskFailed(error="no", reason="model_error", duration_ms=1))

    page = await log.messages().page(log.session, after=MessagePlace(), limit=50)

    assert shown(page) == [("user", "go", ())]


async def test_calls_of_an_agent_without_iterations_belong_to_its_message_before() -> None:
    log = SeededSession(TaskQueued(task="go"), TaskStarted(worker_id="w", agent_kind="acp"))
    log.write(*CALLS[2:4], SAID, *CALLS[4:6])

    page = await log.messages().page(log.session, after=MessagePlace(), limit=50)

    assert shown(page) == [
        ("user", "go", ()),
        ("assistant", "", ("c1",)),
        ("tool", "a.py", ()),
        ("assistant", "now the other", ("c2",)),
        ("tool", "Error: no such", ()),
    ]


async def test_the_messages_of_a_subagent_are_not_of_the_session() -> None:
    log = SeededSession(
        TaskQueued(task="go"), TaskStarted(worker_id="w", agent_kind="claude-code")
    )
    aside = Message(message_id="m3", role="assistant", content="looking", parent_call_id="c1")
    log.write(*CALLS[2:3], aside, *CALLS[3:4], SAID)

    page = await log.messages().page(log.session, after=MessagePlace(), limit=50)

    assert [content for role, content, _ in shown(page) if role == "assistant"] == [
        "",
        SAID.content,
    ]


async def test_a_session_without_events_has_no_messages() -> None:
    log = SeededSession()

    page = await log.messages().page(log.session, after=MessagePlace(), limit=50)

    assert page == MessagePage(messages=[])


def shown(page: MessagePage) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (
            one.message.role,
            one.message.content,
            tuple(call.call_id for call in one.message.tool_calls),
        )
        for one in page.messages
    ]


async def in_pages(log: SeededSession, limit: int) -> list[object]:
    messages: list[object] = []
    place: MessagePlace | None = MessagePlace()
    while place is not None:
        page = await log.messages().page(log.session, after=place, limit=limit)
        messages += page.messages
        place = page.next_place
    return messages
