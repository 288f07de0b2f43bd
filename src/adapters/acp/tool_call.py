"""The state of one tool call, merged from the updates of the agent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from adapters.acp.content_text import content_text, exit_code, result_text
from adapters.acp.messages import JsonObject, json_list, json_object, json_text

_MOST_SHOWN = 1024 * 1024
_PLACES = frozenset({"cwd"})
"""Arguments that opencode reports before the command is known."""


@dataclass(slots=True, kw_only=True)
class ToolCall:
    started: float
    is_reported: bool = False
    is_allowed: bool = False
    """Whether the agent asked for permission and got it."""
    is_denied: bool = False
    _reported: JsonObject = field(default_factory=dict)
    _name: str | None = None
    _allowed: set[str] = field(default_factory=set)
    _streamed: str = ""
    _terminal_output: str = ""
    """Output of its terminals."""

    def merge(self, update: JsonObject) -> None:
        """Missing and null fields stay as they were; content is reset when the call starts."""
        if self.status == "pending" and update.get("status") == "in_progress":
            self._reported.pop("content", None)
        self._reported.update({key: value for key, value in update.items() if value is not None})

    @property
    def status(self) -> str:
        return json_text(self._reported.get("status")) or "pending"

    @property
    def awaits_arguments(self) -> bool:
        """Whether it was announced before its arguments are known."""
        raw = self._reported.get("rawInput")
        is_known = bool(raw.keys() - _PLACES if isinstance(raw, dict) else raw)
        has_news = is_known or bool(self._reported.get("content"))
        return not self.is_reported and self.status == "pending" and not has_news

    @property
    def kind(self) -> str:
        """A kind of the protocol; `other` if not reported."""
        return json_text(self._reported.get("kind")) or "other"

    @property
    def parent(self) -> str | None:
        """The call of the subagent that makes it, as reported by Claude Code's bridge."""
        match self._reported.get("_meta"):
            case {"claudeCode": {"parentToolUseId": str(parent)}}:
                return parent
            case {"parentToolCallId": str(parent)}:
                return parent
            case _:
                return None

    @property
    def title(self) -> str:
        return json_text(self._reported.get("title"))

    @property
    def tool_name(self) -> str:
        """Fixed once the call is reported, whatever the agent sends later."""
        if self._name is None:
            known = self.kind if self.kind != "other" else ""
            name = json_text(self._reported.get("name")) or known or self.title or "tool"
            if not self.is_reported:
                return name
            self._name = name
        return self._name

    @property
    def arguments(self) -> JsonObject:
        """Its input and title."""
        raw = self._reported.get("rawInput")
        arguments = dict(raw) if isinstance(raw, dict) else {}
        if raw and not arguments:
            arguments = {"input": raw}
        if paths := self._paths() if not arguments else []:
            arguments["paths"] = paths
        if self.title and self.title != self.tool_name:
            arguments.setdefault("title", self.title)
        return arguments

    def allow(self, arguments: Mapping[str, object]) -> None:
        self.is_allowed = True
        self._allowed.update(_texts(arguments))

    def use_allowance(self, text: str) -> bool:
        """Whether it was approved with this text; true once."""
        is_there = text in self._allowed
        self._allowed.discard(text)
        return is_there

    def mentions(self, text: str) -> bool:
        """Whether this exact text is one of its values."""
        return text in _texts(self._reported)

    @property
    def output(self) -> str:
        return "\n".join(
            text for text in (self._terminal_output, result_text(self._reported)) if text
        )

    @property
    def terminals(self) -> Sequence[str]:
        """Ids of the terminals that it shows."""
        content = map(json_object, json_list(self._reported.get("content")))
        return [
            json_text(item.get("terminalId")) for item in content if item.get("type") == "terminal"
        ]

    def add_output(self, text: str) -> None:
        self._terminal_output = (self._terminal_output + text)[-_MOST_SHOWN:]

    @property
    def exit_code(self) -> int | None:
        return exit_code(self._reported)

    def new_output(self) -> str:
        """What was appended to its content; empty if the content was replaced.

        The content of a pending call describes it and is no output.
        """
        shown = content_text(json_list(self._reported.get("content")))
        if self.status == "pending" or not shown.startswith(self._streamed):
            return ""
        new, self._streamed = shown[len(self._streamed) :], shown
        return new

    def _paths(self) -> list[object]:
        places = json_list(self._reported.get("locations"))
        return [place["path"] for place in places if isinstance(place, dict) and "path" in place]


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from chain.from_iterable(map(_texts, value.values()))
        case list():
            yield from chain.from_iterable(map(_texts, value))
        case _:
            return
