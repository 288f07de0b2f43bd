"""Keeps a conversation inside the model's window: old tool results go first, then old turns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ports.language_model import AssistantMessage, ModelMessage, ToolMessage

CHARS_PER_TOKEN = 4  # an estimate on the safe side for English and code
_KEPT_ROUNDS = 2
_KEPT_RESULT_CHARS = 200


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
            f"{self.cut_results} old tool results were cut, "
            f"{self.dropped_messages} old messages were left out"
        )


def fitted(messages: Sequence[ModelMessage], *, asked_at: int, most_tokens: int) -> Fitted:
    """`asked_at` is the place of the task itself, which is kept as the system's message is.

    The last rounds of calls are kept too: should they alone be too long, the model will say so.
    """
    size, room = sum(map(_size, messages)), most_tokens * CHARS_PER_TOKEN
    if size <= room:
        return Fitted(messages=messages, asked_at=asked_at)
    excess = size - room * 3 // 4  # cut seldom: each time the provider's cache is of no use
    recent = _recent(messages, asked_at)
    shown: list[ModelMessage] = list(messages)
    cut = 0
    for at, message in enumerate(messages[:recent]):
        if excess > 0 and isinstance(message, ToolMessage) and _size(message) > _NOTE_CHARS:
            shown[at] = _shortened(message)
            excess -= _size(message) - _size(shown[at])
            cut += 1
    dropped: set[int] = set()
    for group in _groups(shown, recent):
        if excess > 0 and asked_at not in group:
            excess -= sum(_size(shown[at]) for at in group)
            dropped |= set(group)
    kept = [message for at, message in enumerate(shown) if at not in dropped]
    return Fitted(
        messages=kept,
        asked_at=asked_at - sum(at < asked_at for at in dropped),
        cut_results=cut,
        dropped_messages=len(dropped),
    )


_NOTE_CHARS = _KEPT_RESULT_CHARS + 100


def _recent(messages: Sequence[ModelMessage], asked_at: int) -> int:
    """Where the rounds begin that are kept whole."""
    rounds = [at for at, each in enumerate(messages) if isinstance(each, AssistantMessage)]
    return max(rounds[-_KEPT_ROUNDS] if len(rounds) >= _KEPT_ROUNDS else 0, asked_at + 1)


def _groups(messages: Sequence[ModelMessage], end: int) -> Sequence[Sequence[int]]:
    """A message with the results of its calls: one cannot be left out without the others."""
    groups: list[list[int]] = []
    for at in range(1, min(end, len(messages))):
        if isinstance(messages[at], ToolMessage) and groups:
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


def _shortened(message: ToolMessage) -> ToolMessage:
    gone = len(message.content) - _KEPT_RESULT_CHARS
    start = message.content[:_KEPT_RESULT_CHARS]
    return replace(message, content=f"{start}\n[{gone} characters of this old result were cut]")


def _size(message: ModelMessage) -> int:
    if isinstance(message, AssistantMessage):
        return len(message.content) + sum(len(call.raw_arguments) for call in message.tool_calls)
    return len(message.content)
