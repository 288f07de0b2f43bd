"""Use cases are built in the containers, and nowhere else."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from importlib import import_module
from inspect import isclass
from typing import get_type_hints

from dependency_injector.providers import Singleton
from typing_extensions import is_protocol

from adapters.http.websocket.commands import WsCommands
from application.casting.event_broadcaster import EventBroadcaster
from application.running.agent_coordinator import AgentCoordinator
from application.running.worker import Worker
from application.serving.server_coordinator import ServerCoordinator
from tests.architecture.source_file import SOURCE, SourceFile, source_files
from tests.architecture.test_container import NESTED


def routers() -> Iterator[Callable[..., object]]:
    for path in sorted((SOURCE / "adapters/http/routers").glob("*.py")):
        module = import_module(f"adapters.http.routers.{path.stem}")
        yield from (it for name, it in vars(module).items() if name.endswith("_router"))


def used_by(builder: Callable[..., object]) -> set[type]:
    """The use cases that it takes as arguments."""
    hints = get_type_hints(builder)
    return {kind for kind in hints.values() if isclass(kind) and is_use_case(kind)}


def is_use_case(kind: type) -> bool:
    """A value is none, and may be made wherever it is needed."""
    is_value = is_dataclass(kind) or issubclass(kind, BaseException)
    is_built = not is_value and not is_protocol(kind)
    return is_built and kind.__module__.startswith("application.")


USED = {
    kind
    for builder in (*routers(), Worker.__init__, ServerCoordinator.__init__, WsCommands.__init__)
    for kind in used_by(builder)
}


def test_routes_and_the_worker_use_use_cases() -> None:
    assert {Worker, ServerCoordinator} < USED
    assert len(USED) > 15


def test_the_server_coordinator_wraps_the_agent_coordinator_and_has_the_broadcaster_listen() -> (
    None
):
    both = {AgentCoordinator, EventBroadcaster}

    assert both < used_by(ServerCoordinator.__init__)
    assert not both & used_by(Worker.__init__)


def test_what_a_route_or_the_worker_uses_is_built_by_a_container() -> None:
    providers = [each for kind in NESTED.values() for each in kind.providers.values()]
    built = {each.cls for each in providers if isinstance(each, Singleton)}

    assert {kind.__name__ for kind in USED - built} == set()


def test_what_a_container_builds_is_built_nowhere_else() -> None:
    names = {kind.__name__ for kind in USED}
    outside = [file for file in source_files() if "entrypoints/container" not in file.name]

    found = {f"{file.name}: {name}" for file in outside for name in calls(file) & names}
    assert found == set()


def test_the_edge_of_the_server_builds_values_and_no_use_case() -> None:
    # The command line has parts of its own, which no server has, such as the one that tries rules.
    edges = [
        file
        for file in source_files("adapters", "entrypoints")
        if not file.name.startswith(("entrypoints/container", "entrypoints/cli/"))
    ]

    found = {
        f"{file.name}: {name}"
        for file in edges
        for name, kind in imported_classes(file)
        if is_use_case(kind) and name in calls(file)
    }
    assert found == set()


def calls(file: SourceFile) -> set[str]:
    """The names that it calls."""
    return {
        node.func.id
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def imported_classes(file: SourceFile) -> Iterator[tuple[str, type]]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("application."):
            module = import_module(node.module or "")
            for alias in node.names:
                if isclass(kind := getattr(module, alias.name)):
                    yield alias.asname or alias.name, kind
