"""One tool call as far as its agent has reported it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from adapters.acp.call_result import exit_code, result_text
from adapters.acp.content_text import content_text
from adapters.acp.json_message import JsonObject, json_list, json_object, json_text

_MOST_SHOWN = 1024 * 1024
_PLACES = frozenset({"cwd"})
"""Of the arguments, those that only say where: opencode knows them before the command."""


@dataclass(slots=True, kw_only=True)
class ToolCall:
    started: float
    is_told: bool = False
    is_allowed: bool = False
    """Whether its agent has asked for permission and has it."""
    is_denied: bool = False
    _reported: JsonObject = field(default_factory=dict)
    _name: str | None = None
    _allowed: set[str] = field(default_factory=set)
    _streamed: str = ""
    _shown: str = ""
    """By its terminals."""

    def merge(self, update: JsonObject) -> None:
        """What is left out, or null, stays as it was; a call that begins has shown nothing yet."""
        if self.status == "pending" and update.get("status") == "in_progress":
            self._reported.pop("content", None)
        self._reported.update({key: value for key, value in update.items() if value is not None})

    @property
    def status(self) -> str:
        return json_text(self._reported.get("status")) or "pending"

    @property
    def waits(self) -> bool:
        """Some agents announce a call before they know its arguments, and run it later."""
        raw = self._reported.get("rawInput")
        is_known = bool(raw.keys() - _PLACES if isinstance(raw, dict) else raw)
        has_news = is_known or bool(self._reported.get("content"))
        return not self.is_told and self.status == "pending" and not has_news

    @property
    def kind(self) -> str:
        """Of the protocol's; `other` where the agent does not say."""
        return json_text(self._reported.get("kind")) or "other"

    @property
    def parent(self) -> str | None:
        """The call of the sub-agent that makes it, as Claude Code's bridge says it."""
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
        """The same from the start to the result, whatever the agent reports later."""
        if self._name is None:
            known = self.kind if self.kind != "other" else ""
            name = json_text(self._reported.get("name")) or known or self.title or "tool"
            if not self.is_told:
                return name
            self._name = name
        return self._name

    @property
    def arguments(self) -> JsonObject:
        """Its input, and the agent's own words for it."""
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
        """Whether it was allowed with this text, which counts once."""
        is_there = text in self._allowed
        self._allowed.discard(text)
        return is_there

    def shows(self, text: str) -> bool:
        """Whether this is one of the texts that it consists of, as it is."""
        return text in _texts(self._reported)

    @property
    def output(self) -> str:
        return "\n".join(text for text in (self._shown, result_text(self._reported)) if text)

    @property
    def terminals(self) -> Sequence[str]:
        """Whose output is its own."""
        content = map(json_object, json_list(self._reported.get("content")))
        return [
            json_text(item.get("terminalId")) for item in content if item.get("type") == "terminal"
        ]

    def add_output(self, text: str) -> None:
        self._shown = (self._shown + text)[-_MOST_SHOWN:]

    @property
    def exit_code(self) -> int | None:
        return exit_code(self._reported)

    def new_output(self) -> str:
        """What its content has grown by; nothing where it became something else.

        The content of a call that does not run yet says what it is going to do.
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
