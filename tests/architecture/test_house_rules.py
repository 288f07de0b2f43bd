"""What every source file keeps to, so far as a program can see it."""

import sys

from tests.architecture.source_file import source_files

MOST_LINES = 250
MOST_LINES_OF_A_ROOT = 300
ROOTS = frozenset({"entrypoints/container.py", "adapters/http/protocol/cast_protocol.py"})
"""A composition root or a protocol class is one list that splitting makes harder to read."""
SAY_NOTHING = frozenset({"utils", "helpers", "common", "base", "manager", "impl", "misc"})

AFTER_A_COMMIT = frozenset({"publish", "session_appeared", "session_deleted", "task_submitted"})


def test_no_file_is_longer_than_can_be_read_in_one_go() -> None:
    too_long = {file.name: len(file.lines) for file in source_files()}

    assert {name: lines for name, lines in too_long.items() if lines > most_lines(name)} == {}


def test_every_file_says_in_one_line_why_it_is_there() -> None:
    silent = [
        file.name
        for file in source_files()
        if not file.is_empty_package and not first_line_says_why(file.docstring)
    ]

    assert silent == []


def test_packages_are_empty_so_that_a_name_is_imported_from_where_it_lives() -> None:
    packages = [file for file in source_files() if file.path.name == "__init__.py"]

    assert [file.name for file in packages if not file.is_empty_package] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {file.name: {file.path.stem, file.path.parent.name} for file in source_files()}

    assert [name for name, words in parts.items() if words & SAY_NOTHING] == []


def test_the_inner_layers_name_every_type() -> None:
    inner = source_files("domain", "ports", "application")

    assert [file.name for file in inner if "Any" in file.names_in_annotations] == []


def test_the_domain_imports_only_itself_and_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"domain"}

    outside = {file.name: file.imported_packages - allowed for file in source_files("domain")}
    assert {name: names for name, names in outside.items() if names} == {}


def test_annotations_are_never_postponed() -> None:
    postponed = [file.name for file in source_files() if "__future__" in file.imported_packages]

    assert postponed == []


def test_what_follows_a_commit_is_notified_in_one_place() -> None:
    inner = source_files("application")
    notifying = {file.name for file in inner if file.calls_on("_tails") & AFTER_A_COMMIT}
    hinting = {file.name for file in inner if "notify" in file.calls_on("_wakeups")}

    assert notifying | hinting == {"application/casting/commit_notifier.py"}


def most_lines(name: str) -> int:
    return MOST_LINES_OF_A_ROOT if name in ROOTS else MOST_LINES


def first_line_says_why(docstring: str) -> bool:
    """More may follow in a block of its own, such as a drawing of a tree."""
    first, _, rest = docstring.partition("\n")
    return first.endswith((".", ":")) and (not rest or rest.startswith("\n"))
