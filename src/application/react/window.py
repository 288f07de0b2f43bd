"""Keeps a conversation inside the model's window: old tool results go first, then old turns."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.react.message_size import BYTES_PER_TOKEN, size_of
from application.react.result_cut import evenly_shortened, is_worth_it, shortened
from ports.language_model import AssistantMessage, ModelMessage, ToolMessage, UserMessage

_KEPT_ROUNDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    messages: Sequence[ModelMessage]
    asked_at: int
    cut_results: int = 0
    dropped_messages: int = 0

    @property
    def note(self) -> str | None:
        """What a watcher is told; None if everything was kept."""
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
    """`asked_at` is the place of the task itself, which is kept as the system's message is.

    `besides` is what else takes of the window, in bytes. The last rounds of calls are kept too,
    but for what their results are too long; words alone that are too long, the model will refuse.
    """
    size, room = sum(map(size_of, messages)), most_tokens * BYTES_PER_TOKEN - besides
    if size <= room:
        return Fitted(messages=messages, asked_at=asked_at)
    excess = size - room * 3 // 4  # cut seldom: each time the provider's cache is of no use
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
    """The oldest are cut first, and no more of them than it takes."""
    shown = list(messages)
    for at, message in enumerate(messages[:end]):
        if excess > 0 and isinstance(message, ToolMessage) and is_worth_it(message):
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
    """Where the rounds begin that are kept."""
    rounds = [at for at, each in enumerate(messages) if isinstance(each, AssistantMessage)]
    return max(rounds[-_KEPT_ROUNDS] if len(rounds) >= _KEPT_ROUNDS else 0, asked_at + 1)


def _groups(messages: Sequence[ModelMessage], end: int, asked_at: int) -> Sequence[Sequence[int]]:
    """What cannot be left out without the rest: an earlier task, a message with its results."""
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
