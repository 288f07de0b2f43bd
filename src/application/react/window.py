"""Fits a conversation into the model's window: cuts old tool results, then drops old turns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ports.language_model import AssistantMessage, ModelMessage, ToolMessage, UserMessage
from ports.tool import ToolSpec

_KEPT_ROUNDS = 2
KEPT_BYTES = 200
_NOTE_BYTES = 100
BYTES_PER_TOKEN = 4  # on the safe side for English and code, and near for other scripts in UTF-8
_ENVELOPE = 16  # the role of a message, and its delimiters


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    messages: Sequence[ModelMessage]
    asked_at: int
    cut_results: int = 0
    dropped_messages: int = 0

    @property
    def note(self) -> str | None:
        """The message for watchers; None if everything was kept."""
        if not self.cut_results and not self.dropped_messages:
            return None
        return (
            "the conversation is longer than the model's window: "
            f"{self.cut_results} tool results were cut, "
            f"{self.dropped_messages} old messages were left out"
        )


def fitted(
    messages: Sequence[ModelMessage], *, asked_at: int, most_tokens: int, besides: int = 0
) -> Fitted:
    """`asked_at` is the index of the task itself, which is kept like the system message.

    `besides` is what else takes room in the window, in bytes. The last rounds of calls are kept
    too, with results that are cut if they must be. A text alone that is too long is left for the
    model to refuse.
    """
    size, room = sum(map(size_of, messages)), most_tokens * BYTES_PER_TOKEN - besides
    if size <= room:
        return Fitted(messages=messages, asked_at=asked_at)
    excess = size - room * 3 // 4  # cut seldom: each cut makes the provider's cache useless
    recent = _recent(messages, asked_at)
    shown = _with_short_results(messages, recent, excess)
    excess -= size - sum(map(size_of, shown))
    dropped = _left_out(shown, _groups(shown, recent, asked_at), asked_at, excess)
    places = [at for at in range(len(shown)) if at not in dropped]
    kept = [shown[at] for at in places]
    if sum(map(size_of, kept)) > room:
        kept = evenly_shortened(kept, room)
    return Fitted(
        messages=kept,
        asked_at=asked_at - sum(at < asked_at for at in dropped),
        cut_results=sum(one != messages[at] for at, one in zip(places, kept, strict=True)),
        dropped_messages=len(dropped),
    )


def _with_short_results(
    messages: Sequence[ModelMessage], end: int, excess: int
) -> list[ModelMessage]:
    """The oldest results are cut first, and no more of them than needed."""
    shown = list(messages)
    for at, message in enumerate(messages[:end]):
        if excess > 0 and isinstance(message, ToolMessage) and is_worth_cutting(message):
            shown[at] = shortened(message)
            excess -= size_of(message) - size_of(shown[at])
    return shown


def _left_out(
    messages: Sequence[ModelMessage],
    groups: Sequence[Sequence[int]],
    asked_at: int,
    excess: int,
) -> set[int]:
    dropped: set[int] = set()
    for group in groups:
        if excess > 0 and asked_at not in group:
            excess -= sum(size_of(messages[at]) for at in group)
            dropped |= set(group)
    return dropped


def _recent(messages: Sequence[ModelMessage], asked_at: int) -> int:
    """The index at which the rounds that are kept begin."""
    rounds = [at for at, each in enumerate(messages) if isinstance(each, AssistantMessage)]
    return max(rounds[-_KEPT_ROUNDS] if len(rounds) >= _KEPT_ROUNDS else 0, asked_at + 1)


def _groups(messages: Sequence[ModelMessage], end: int, asked_at: int) -> Sequence[Sequence[int]]:
    """Indexes of messages to drop together: an earlier task, or a message with its results."""
    groups: list[list[int]] = []
    for at in range(1, min(end, len(messages))):
        message = messages[at]
        is_first = isinstance(message, UserMessage) or (
            at > asked_at and isinstance(message, AssistantMessage)
        )
        if is_first or not groups:
            groups.append([at])
        else:
            groups[-1].append(at)
    return groups


def is_worth_cutting(message: ToolMessage) -> bool:
    return size_of(message) > KEPT_BYTES + _NOTE_BYTES


def shortened(message: ToolMessage, *, kept: int = KEPT_BYTES) -> ToolMessage:
    start = message.content.encode(errors="replace")[:kept].decode(errors="ignore")
    gone = len(message.content) - len(start)
    return replace(message, content=f"{start}\n[{gone} characters of this old result were cut]")


def evenly_shortened(messages: Sequence[ModelMessage], room: int) -> list[ModelMessage]:
    """All results get the same room at most; a result that needs less is kept whole."""
    results = [text_size(one.content) for one in messages if isinstance(one, ToolMessage)]
    others = sum(map(size_of, messages)) - sum(results)
    share = _share(sorted(results), room - others)
    return [
        shortened(one, kept=max(share - _NOTE_BYTES, KEPT_BYTES))
        if isinstance(one, ToolMessage)
        and text_size(one.content) > share
        and is_worth_cutting(one)
        else one
        for one in messages
    ]


def _share(sizes: Sequence[int], room: int) -> int:
    """The room for one result. The sizes are sorted; what small results leave goes to the others."""
    for at, size in enumerate(sizes):
        share = room // (len(sizes) - at)
        if size > share:
            return share
        room -= size
    return max(sizes, default=0)


def size_of(message: ModelMessage) -> int:
    """In bytes."""
    size = _ENVELOPE + text_size(message.content)
    if isinstance(message, AssistantMessage):
        size += sum(text_size(call.raw_arguments) for call in message.tool_calls)
        size += text_size(message.kept_reasoning or "")
    return size


def size_of_tools(tools: Sequence[ToolSpec]) -> int:
    return sum(text_size(f"{tool.name}{tool.description}{tool.parameters}") for tool in tools)


def text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
