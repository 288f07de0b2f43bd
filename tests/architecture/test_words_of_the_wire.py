"""Use cases and ports know no frame, header or socket: how bytes reach a client is an adapter's."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source_file import source_files

OF_THE_WIRE = frozenset(
    {"frame", "header", "socket", "websocket", "sse", "eventsource", "http", "tls", "tcp", "asgi"}
    | {"epoll", "reactor", "descriptor", "transport", "uvicorn", "starlette", "fastapi"}
)
UNIX_SOCKETS_OF_A_SANDBOX = {
    ("application/programs/command_line.py", "socket"),
    ("application/running/profile_check.py", "socket"),
    ("ports/process.py", "socket"),
}
"""Those of the machine that an agent's program may connect to."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FIELD = re.compile(r"^(id|event|data|retry): ?", re.MULTILINE)


def test_no_use_case_and_no_port_names_what_is_of_the_wire() -> None:
    inner = source_files("application", "ports")
    found = {
        (file.name, word) for file in inner for line in file.lines for word in wire_words(line)
    }

    assert found == UNIX_SOCKETS_OF_A_SANDBOX


def test_no_use_case_and_no_port_writes_a_field_of_an_event_stream() -> None:
    found = [
        (file.name, text)
        for file in source_files("application", "ports")
        for text in fields_written(file.tree)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("frame: bytes", {"frame"}),
        ("self._codec.event_frame(stored)", {"frame"}),
        ("class WebSocketReader:", {"socket"}),
        ('"""What HTTP and SSE call."""', {"http", "sse"}),
        ("MAX_HEADERS = 3  # of ASGI", {"header", "asgi"}),
        ("the framework of a reaction", set()),
        ("session_id: SessionId", set()),
    ],
)
def test_a_word_of_the_wire_is_found_within_any_name(line: str, words: set[str]) -> None:
    assert wire_words(line) == words


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ('b"id: %b\\n%b" % (cursor, rest)', True),
        ('f"event: {name}\\n"', True),
        ('"one\\ndata: {}"', True),
        ("data: bytes = event", False),
        ('"the event: as it was"', False),
    ],
)
def test_a_field_of_an_event_stream_is_found_in_text_and_not_in_code(
    source: str, is_found: bool
) -> None:
    assert bool(list(fields_written(ast.parse(source)))) == is_found


def wire_words(line: str) -> set[str]:
    """In the singular."""
    words = {word.lower() for word in _WORD.findall(line)}
    return {word for word in OF_THE_WIRE if words & {word, word + "s"}}


def fields_written(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if _FIELD.search(text):
                yield text
