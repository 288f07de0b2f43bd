"""Carries out what a client commands over a WebSocket, with the checks and answers of HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NotRequired, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from adapters.http.answers.approval import approval_answer
from adapters.http.answers.task import TaskAnswer, submission_answer, task_answer
from adapters.http.answers.terminal import input_answer
from adapters.http.requests.bodies import (
    ApprovalBody,
    CancelBody,
    SubmitBody,
    retry_key,
    submit_command,
)
from adapters.http.requests.parameters import path_approval_id, path_task_id
from adapters.http.requests.terminal_input import InputBody, task_input
from adapters.http.requests.validation_problem import validation_problem
from adapters.http.websocket.messages import CommandMessage
from application.asking.approvals import Approvals
from application.serving.pausing import Pausing
from application.serving.server_coordinator import ServerCoordinator
from application.serving.task_terminals import TaskTerminals
from domain.ids import TaskId
from domain.principal import Principal
from domain.task import Task

T = TypeVar("T")
_KEY = r"^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$"


@with_config(ConfigDict(extra="forbid", strict=True))
class OnTask(TypedDict):
    """Of a command on a task; over HTTP its id stands in the path."""

    task_id: str


@with_config(ConfigDict(extra="forbid", strict=True))
class OnApproval(TypedDict):
    """Of `approve`; over HTTP its id stands in the path."""

    approval_id: str


@with_config(ConfigDict(extra="forbid", strict=True))
class KeyField(TypedDict):
    """Of `submit` and `retry`; over HTTP it is a header."""

    idempotency_key: NotRequired[Annotated[str, Field(pattern=_KEY)]]


_SUBMIT, _CANCEL = TypeAdapter(SubmitBody), TypeAdapter(CancelBody)
_APPROVE, _ON_APPROVAL = TypeAdapter(ApprovalBody), TypeAdapter(OnApproval)
_INPUT: TypeAdapter[InputBody] = TypeAdapter(InputBody)
_ON_TASK, _KEY_FIELD = TypeAdapter(OnTask), TypeAdapter(KeyField)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The status and the body that the same request gets over HTTP."""

    status: int
    body: Mapping[str, object]
    ends_with_its_client: TaskId | None = None
    """A task to be cancelled when the client goes away, as it asked."""


class WsCommands:
    def __init__(
        self,
        *,
        coordinator: ServerCoordinator,
        approvals: Approvals,
        terminals: TaskTerminals,
        pausing: Pausing,
    ) -> None:
        self._coordinator = coordinator
        self._approvals = approvals
        self._terminals = terminals
        self._pausing = pausing

    async def run(self, principal: Principal, command: CommandMessage) -> Answer:
        """Raises Problem and domain errors."""
        match command.name:
            case "submit":
                return await self._submit(principal, command.fields)
            case "cancel":
                return await self._cancel(principal, command.fields)
            case "pause":
                task = await self._pausing.pause(principal, _task_id(command.fields))
                return Answer(status=202, body=self._answer(task))
            case "resume":
                task = await self._pausing.resume(principal, _task_id(command.fields))
                return Answer(status=202, body=self._answer(task))
            case "retry":
                return await self._retry(principal, command.fields)
            case "approve":
                return await self._approve(principal, command.fields)
            case "input":
                return await self._input(principal, command.fields)

    def _answer(self, task: Task) -> TaskAnswer:
        return task_answer(task, self._pausing.next_step(task))

    async def _submit(self, principal: Principal, fields: Mapping[str, object]) -> Answer:
        key_fields, body_fields = _parted(fields, "idempotency_key")
        key = _checked(_KEY_FIELD, key_fields).get("idempotency_key")
        body = _checked(_SUBMIT, body_fields)
        task = (await self._coordinator.submit(principal, submit_command(body, key=key))).task
        return Answer(
            status=202,
            body=submission_answer(task),
            ends_with_its_client=task.task_id if task.on_disconnect == "cancel" else None,
        )

    async def _cancel(self, principal: Principal, fields: Mapping[str, object]) -> Answer:
        named, body_fields = _parted(fields, "task_id")
        task_id = _task_id(named)
        mode = _checked(_CANCEL, body_fields).get("mode", "graceful")
        cancellation = await self._coordinator.cancel(principal, task_id, mode=mode)
        had_ended = cancellation.task.status.is_final and not cancellation.stored
        return Answer(status=200 if had_ended else 202, body=self._answer(cancellation.task))

    async def _retry(self, principal: Principal, fields: Mapping[str, object]) -> Answer:
        key_fields, named = _parted(fields, "idempotency_key")
        task_id = _task_id(named)
        key = retry_key(_checked(_KEY_FIELD, key_fields).get("idempotency_key"), task_id)
        submission = await self._coordinator.retry(principal, task_id, idempotency=key)
        return Answer(status=202, body=submission_answer(submission.task))

    async def _approve(self, principal: Principal, fields: Mapping[str, object]) -> Answer:
        named, body_fields = _parted(fields, "approval_id")
        approval_id = path_approval_id(_checked(_ON_APPROVAL, named)["approval_id"])
        body = _checked(_APPROVE, body_fields)
        approval = await self._approvals.decide(
            principal, approval_id, body["decision"], reason=body.get("reason")
        )
        return Answer(status=200, body=approval_answer(approval))

    async def _input(self, principal: Principal, fields: Mapping[str, object]) -> Answer:
        named, body_fields = _parted(fields, "task_id")
        task_id = _task_id(named)
        body = _checked(_INPUT, body_fields)
        await self._terminals.send(principal, task_id, task_input(body))
        return Answer(status=202, body=input_answer(task_id, body))


def _task_id(fields: Mapping[str, object]) -> TaskId:
    """Of a command whose only field is its task."""
    return path_task_id(_checked(_ON_TASK, fields)["task_id"])


def _parted(
    fields: Mapping[str, object], name: str
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The field of that name, if it is there, and the others."""
    named = {name: fields[name]} if name in fields else {}
    return named, {other: fields[other] for other in fields if other != name}


def _checked(adapter: TypeAdapter[T], fields: Mapping[str, object]) -> T:
    try:
        return adapter.validate_python(dict(fields))
    except ValidationError as error:
        findings = error.errors(include_url=False)
        located = [{**finding, "loc": ("body", *finding["loc"])} for finding in findings]
        raise validation_problem(located, body=fields) from error
