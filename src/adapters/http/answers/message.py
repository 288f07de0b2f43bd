"""A message of a conversation as JSON; optional fields that have no value are left out."""

from typing import Annotated, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import AnswerTime
from adapters.wire import timestamp
from application.recall.conversation import MessageCall
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


def message_answer(shown: SessionMessage) -> MessageAnswer:
    message = shown.message
    answer = MessageAnswer(
        message_id=message.message_id,
        role=message.role,
        content=message.content,
        task_id=message.task_id,
        seq=message.seq,
        created_at=timestamp(shown.created_at),
    )
    if message.tool_calls:
        answer["tool_calls"] = [_call(call) for call in message.tool_calls]
    if message.call_id is not None:
        answer["call_id"] = message.call_id
    if shown.inherited_from is not None:
        answer["inherited_from"] = shown.inherited_from
    return answer


def _call(call: MessageCall) -> CallAnswer:
    return CallAnswer(
        call_id=call.call_id, tool_name=call.tool_name, arguments=dict(call.arguments)
    )
