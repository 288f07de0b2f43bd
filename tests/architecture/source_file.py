"""A Python file of the tree, as far as the house rules look at it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.architecture.linted_tree import PROJECT

SOURCE = PROJECT / "src"
LAYERS = ("domain", "ports", "application", "adapters", "entrypoints")


@dataclass(frozen=True)
class SourceFile:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(SOURCE))

    @cached_property
    def lines(self) -> list[str]:
        return self.path.read_text().splitlines()

    @property
    def is_empty_package(self) -> bool:
        return self.path.name == "__init__.py" and not self.lines

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text())

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    @property
    def imported_packages(self) -> set[str]:
        """The first part of the name of everything it imports, wherever in the file."""
        return {name.partition(".")[0] for name in self._imports()}

    @property
    def names_in_annotations(self) -> set[str]:
        return {
            node.id
            for annotation in self._annotations()
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name)
        }

    def calls_on(self, attribute: str) -> set[str]:
        """The methods that it calls on an attribute of this name, such as `self._tails`."""
        return {
            node.func.attr
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Attribute)
            and node.func.value.attr == attribute
        }

    def _imports(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or ""

    def _annotations(self) -> Iterator[ast.expr]:
        for node in ast.walk(self.tree):
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() if node.returns:
                    yield node.returns
                case ast.AnnAssign():
                    yield node.annotation
                case ast.arg() if node.annotation:
                    yield node.annotation
                case _:
                    continue


def source_files(*layers: str) -> list[SourceFile]:
    """Those of the layers named, or of all of them."""
    folders = [SOURCE / layer for layer in layers or LAYERS]
    return [SourceFile(path) for folder in folders for path in sorted(folder.rglob("*.py"))]
