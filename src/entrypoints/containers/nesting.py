"""Nested containers, typed as the containers that they hold.

The library types what it finds in a nested container as providers of anything; here each keeps
the type that its own container gives it.
"""

from typing import TypeVar

from dependency_injector.containers import DeclarativeContainer
from dependency_injector.providers import Container, DependenciesContainer

Part = TypeVar("Part", bound=DeclarativeContainer)


def part(kind: type[Part], **needs: object) -> Part:
    """A container that belongs to the one it is written in, with what it needs from there."""
    return Container(kind, **needs)  # type: ignore[return-value]  # it has the attributes of `kind`


def needed(kind: type[Part]) -> Part:
    """A container beside the one it is written in, which is passed to it with `part`."""
    return DependenciesContainer()  # type: ignore[return-value]  # as above
