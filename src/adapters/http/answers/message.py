"""A message of a conversation as JSON; optional fields that have no value are left out."""

from typing import Annotated, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import AnswerTime
from adapters.wire import timestamp
from application.recall.conversation import SaidCall
from application.recall.session_messages import SessionMessage
from domain.thinking_events import Role


class CallAnswer(TypedDict):
    call_id: str
    tool_name: str
    arguments: dict[str, object]


class MessageAnswer(TypedDict):
    """With role `tool`, what came of the call that `call_id` names."""

    message_id: str
    role: Role
    content: str
    task_id: str
    seq: int
    created_at: AnswerTime
    tool_calls: NotRequired[list[CallAnswer]]
    call_id: NotRequired[str]
    inherited_from: NotRequired[
        Annotated[
            str,
            Field(description="In a fork: the session that it comes from, whose seq it has."),
        ]
    ]


@with_config(defer_build=True)
class MessagePageAnswer(TypedDict):
    items: list[MessageAnswer]
    next_cursor: NotRequired[str]


def message_answer(message: SessionMessage) -> MessageAnswer:
    said = message.said
    answer = MessageAnswer(
        message_id=said.message_id,
        role=said.role,
        content=said.content,
        task_id=said.task_id,
        seq=said.seq,
        created_at=timestamp(message.created_at),
    )
    if said.tool_calls:
        answer["tool_calls"] = [_call(call) for call in said.tool_calls]
    if said.call_id is not None:
        answer["call_id"] = said.call_id
    if message.inherited_from is not None:
        answer["inherited_from"] = message.inherited_from
    return answer


def _call(call: SaidCall) -> CallAnswer:
    return CallAnswer(
        call_id=call.call_id, tool_name=call.tool_name, arguments=dict(call.arguments)
    )
