"""Runs that ask a person whether they may do something."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from application.running.task_context import TaskContext
from application.running.worker_settings import WorkerSettings
from domain.approval import ApprovalDecision, ApprovalRequest, StoredApproval, Verdict
from domain.errors import ApprovalAnswered, ApprovalExpired
from domain.ids import WorkerId
from domain.principal import LOCAL
from domain.task import Approval, Task, TaskStatus
from domain.tool_events import ToolCallComplete
from entrypoints.container import server_worker
from entrypoints.settings.settings import Settings
from ports.approval_store import ApprovalQuery, NewApproval
from ports.runner import Completed, Outcome, RunContext
from tests.fakes import FakeClock
from tests.integration.graph import FakeRunner, Graph, running
from tests.patience import PATIENCE_S

PENDING = ApprovalQuery(status="pending")


def removal(path: str = "x") -> ApprovalRequest:
    return ApprovalRequest(
        call_id="call_1", tool_name="shell", arguments={"rm": [path]}, reason="it deletes"
    )


class Asking:
    """Asks once, and completes with the answer."""

    def __init__(self, request: ApprovalRequest | None = None) -> None:
        self.request = request or removal()
        self.decisions: list[ApprovalDecision] = []

    async def __call__(self, task: Task, context: RunContext) -> Outcome:
        decision = await context.approve(self.request)
        self.decisions.append(decision)
        return Completed(final_answer=decision.decision)


async def ask_twice_at_once(task: Task, context: RunContext) -> Outcome:
    one, other = await asyncio.gather(context.approve(removal("x")), context.approve(removal("y")))
    return Completed(final_answer=f"{one.decision} {other.decision}")


async def asked(graph: Graph, text: str = "ask", *, approval: Approval | None = "ask") -> Task:
    graph.runner.acts.setdefault(text, Asking())
    return await graph.submit(text, approval=approval)


async def pending(graph: Graph) -> StoredApproval:
    """The one question that waits, once its task is seen to wait."""
    with anyio.fail_after(PATIENCE_S):
        while True:
            for approval in await graph.container.server.approvals().list(LOCAL, PENDING):
                task = await graph.coordinator.get_task(LOCAL, approval.task_id)
                if task.status is TaskStatus.WAITING:
                    return approval
            await anyio.lowlevel.checkpoint()


async def answer(graph: Graph, approval: StoredApproval, verdict: Verdict = "approve") -> None:
    await graph.container.server.approvals().decide(
        LOCAL, approval.approval_id, verdict, reason="mine"
    )


def resolution(events: list[Mapping[str, object]]) -> Mapping[str, object]:
    names = ("approval_id", "decision", "by", "reason")
    [event] = [event for event in events if event["event_type"] == "approval_resolved"]
    return {name: event[name] for name in names if name in event}


@pytest.mark.parametrize(("verdict", "decision"), [("approve", "approved"), ("deny", "denied")])
async def test_a_run_waits_until_a_person_has_decided(
    verdict: Verdict, decision: str, tmp_path: Path
) -> None:
    async with running(tmp_path) as graph:
        task = await asked(graph)
        approval = await pending(graph)
        sessions = await graph.container.server.sessions().list(LOCAL, limit=1)
        await answer(graph, approval, verdict)
        ended = await graph.ended(task)
        events = await graph.events(task)

    assert sessions[0].status == "waiting"
    assert (ended.status, ended.result and ended.result.final_answer) == ("completed", decision)
    assert [event["event_type"] for event in events] == [
        "task_queued",
        "task_started",
        "approval_required",
        "approval_resolved",
        "task_complete",
    ]
    question = events[2]
    assert (question["approval_id"], question["arguments"]) == (
        approval.approval_id,
        {"rm": ["x"]},
    )
    assert resolution(events) == {
        "approval_id": approval.approval_id,
        "decision": decision,
        "by": "local",
        "reason": "mine",
    }


@pytest.mark.parametrize(
    ("mode", "decision"), [("auto", "approved"), (None, "approved"), ("deny", "denied")]
)
async def test_where_nobody_is_to_be_asked_the_policy_decides_and_the_log_records_it(
    mode: Approval | None, decision: str, tmp_path: Path
) -> None:
    async with running(tmp_path) as graph:
        task = await asked(graph, approval=mode)
        ended = await graph.ended(task)
        events = await graph.events(task)
        [approval] = await graph.container.server.approvals().list(LOCAL, ApprovalQuery())

        assert ended.status is TaskStatus.COMPLETED
        assert resolution(events) == {
            "approval_id": approval.approval_id,
            "decision": decision,
            "by": "policy",
        }
        assert approval.status == decision
        with pytest.raises(ApprovalAnswered):
            await answer(graph, approval)


async def test_without_an_answer_in_time_it_is_expired_and_not_allowed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, **with_clock(clock)) as graph:
        graph.runner.acts["ask"] = asking = Asking()
        task = await asked(graph)
        approval = await pending(graph)
        clock.advance(15 * 60)
        graph.container.store.wakeups().notify(approval.session_key)
        await graph.ended(task)
        events = await graph.events(task)

        assert asking.decisions == [ApprovalDecision(decision="expired", by="policy")]
        assert not asking.decisions[0].is_approved
        assert resolution(events)["decision"] == "expired"
        with pytest.raises(ApprovalExpired):
            await answer(graph, approval)


async def test_how_long_a_question_waits_is_a_setting(tmp_path: Path) -> None:
    clock = FakeClock()
    settings = Settings(
        data_dir=tmp_path, database_url="memory:", default_agent="fake", approval_s=60
    )
    async with running(tmp_path, **with_clock(clock), settings=settings) as graph:
        graph.runner.acts["ask"] = asking = Asking()
        task = await asked(graph)
        approval = await pending(graph)
        clock.advance(60)
        graph.container.store.wakeups().notify(approval.session_key)
        await graph.ended(task)

        assert (approval.expires_at - approval.created_at).total_seconds() == 60
        assert asking.decisions == [ApprovalDecision(decision="expired", by="policy")]


@pytest.mark.parametrize("is_late", [True, False])
async def test_a_question_that_is_withdrawn_is_expired_and_the_task_goes_on(
    is_late: bool, tmp_path: Path
) -> None:
    withdrawn = [not is_late]

    async def ask(task: Task, context: RunContext) -> Outcome:
        decision = await context.approve(removal(), is_withdrawn=lambda: withdrawn[0])
        return Completed(final_answer=f"{decision.decision} by {decision.by}")

    async with running(tmp_path) as graph:
        graph.runner.acts["ask"] = ask
        task = await asked(graph)
        if is_late:
            approval = await pending(graph)
            withdrawn[0] = True
            graph.container.store.wakeups().notify(approval.session_key)
        ended = await graph.ended(task)
        types = await graph.event_types(task)
        left = await graph.container.server.approvals().list(LOCAL, PENDING)

    assert ended.result
    assert ended.result.final_answer == "expired by policy"
    shown = ["approval_required", "approval_resolved"] if is_late else []
    assert types == ["task_queued", "task_started", *shown, "task_complete"]
    assert left == []


async def test_a_cancel_ends_a_waiting_task_and_resolves_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        task = await asked(graph)
        approval = await pending(graph)
        await graph.coordinator.cancel(LOCAL, task.task_id)
        ended = await graph.ended(task)

        assert (ended.status, ended.reason) == (TaskStatus.CANCELLED, "user")
        assert (await graph.event_types(task))[2:] == [
            "approval_required",
            "cancel_requested",
            "task_cancelled",
        ]
        with pytest.raises(ApprovalExpired):
            await answer(graph, approval)


async def test_arguments_that_change_after_the_question_have_no_approval(tmp_path: Path) -> None:
    arguments: dict[str, object] = {"rm": ["x"]}
    request = ApprovalRequest(call_id="1", tool_name="shell", arguments=arguments, reason="")
    async with running(tmp_path) as graph:
        graph.runner.acts["ask"] = asking = Asking(request)
        task = await asked(graph)
        approval = await pending(graph)
        arguments["rm"] = ["/"]
        await answer(graph, approval)
        await graph.ended(task)

    [decision] = asking.decisions
    assert (decision.decision, decision.by) == ("denied", "policy")
    assert approval.request.arguments == {"rm": ["x"]}


async def test_two_questions_at_once_are_asked_one_after_the_other(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["ask"] = ask_twice_at_once
        task = await asked(graph)
        first = await pending(graph)
        waiting = await graph.container.server.approvals().list(LOCAL, PENDING)
        await answer(graph, first, "deny")
        second = await pending(graph)
        await answer(graph, second)
        ended = await graph.ended(task)

    assert waiting == [first]
    assert (ended.result and ended.result.final_answer) == "denied approved"


def with_clock(clock: FakeClock) -> dict[str, object]:
    """Leases outlast what a test lets pass at once: no heartbeat comes in between."""
    settings = WorkerSettings(
        worker_id=WorkerId("test.1"),
        instance="test",
        takes_any=True,
        lease_s=3600.0,
        shutdown_s=2.0,
    )
    return {"clock": providers.Object(clock), "worker_settings": settings}


async def test_the_deadlines_of_a_run_stand_still_while_it_waits(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, **with_clock(clock)) as graph:
        context: list[RunContext] = []

        async def work(task: Task, given: RunContext) -> Outcome:
            context.append(given)
            return await Asking()(task, given)

        graph.runner.acts["ask"] = work
        task = await asked(graph)
        approval = await pending(graph)
        before = _working_s(context[0])
        clock.advance(600)
        after = _working_s(context[0])
        await answer(graph, approval)
        ended = await graph.ended(task)

    assert (before, after) == (0, 0)
    assert ended.status is TaskStatus.COMPLETED


async def test_what_people_took_stands_beside_the_durations(tmp_path: Path) -> None:
    clock = FakeClock()
    async with running(tmp_path, **with_clock(clock)) as graph:

        async def work(task: Task, given: RunContext) -> Outcome:
            began = clock.monotonic()
            outcome = await Asking()(task, given)
            clock.advance(2)
            took_ms = round((clock.monotonic() - began) * 1000)
            await given.emit(
                ToolCallComplete(
                    call_id=removal().call_id,
                    tool_name="shell",
                    status="ok",
                    result="",
                    duration_ms=took_ms,
                )
            )
            return outcome

        graph.runner.acts["ask"] = work
        task = await asked(graph)
        approval = await pending(graph)
        clock.advance(600)
        await answer(graph, approval)
        await graph.ended(task)
        events = {str(one["event_type"]): one for one in await graph.events(task)}

    for event_type in ("tool_call_complete", "task_complete"):
        event = events[event_type]
        assert (event["duration_ms"], event["waited_ms"]) == (2_000, 600_000)


async def test_an_answer_through_another_node_reaches_the_run(tmp_path: Path) -> None:
    """It shares the store only: no hint of it arrives here."""
    async with running(tmp_path, **node(tmp_path, "one")) as graph:
        task = await asked(graph)
        approval = await pending(graph)
        async with running(tmp_path, **node(tmp_path, "other")) as other:
            await answer(other, approval)
            ended = await graph.ended(task)

    assert (ended.result and ended.result.final_answer) == "approved"


async def test_a_question_of_a_lost_worker_is_expired_with_its_task(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        question = await _left_waiting(graph, agent="fake")

        async with _restarted(graph, tmp_path) as again:
            ended = await again.coordinator.finished(LOCAL, question.task_id, timeout_s=PATIENCE_S)

            assert (ended.status, ended.reason) == (TaskStatus.INTERRUPTED, "worker_lost")
            with pytest.raises(ApprovalExpired):
                await answer(again, question)


async def test_a_task_that_is_carried_out_again_asks_again(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        question = await _left_waiting(graph, agent="durable")

        async with _restarted(graph, tmp_path) as again:
            new = await pending(again)
            with pytest.raises(ApprovalExpired):
                await answer(again, question)
            await answer(again, new)
            ended = await again.coordinator.finished(LOCAL, question.task_id, timeout_s=PATIENCE_S)

    assert new.approval_id != question.approval_id
    assert (ended.status, ended.attempt) == (TaskStatus.COMPLETED, 2)


def node(folder: Path, name: str) -> dict[str, object]:
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder}/shared.db",
        default_agent="fake",
        shutdown_s=2.0,
    )
    return {"settings": settings, "worker_settings": server_worker(settings, instance=name)}


def _working_s(context: RunContext) -> float:
    assert isinstance(context, TaskContext)
    return context.time.now()


async def _left_waiting(graph: Graph, *, agent: str) -> StoredApproval:
    """A question of a worker that died while it waited for the answer."""
    await graph.container.server.worker().drain()
    await graph.submit("ask", agent=agent, approval="ask")
    dead = WorkerId("test.dead")
    [claim] = await graph.container.store.task_leases().claim(dead, limit=1, lease_s=3600)
    return await graph.container.store.approval_store().open(
        NewApproval(
            approval_id=graph.container.ids().approval_id(),
            task=claim.task,
            request=removal(),
            fingerprint="f1",
            for_s=900,
        )
    )


@asynccontextmanager
async def _restarted(graph: Graph, tmp_path: Path) -> AsyncIterator[Graph]:
    """Another process of the same instance on the same store."""
    former, runner = graph.container, FakeRunner()
    runner.acts["ask"] = Asking()
    async with running(
        tmp_path,
        stores=providers.Object(former.store.stores()),
        runners=providers.Object({"fake": runner}),
    ) as again:
        yield again
