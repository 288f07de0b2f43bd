"""Adapters and services that must be opened before use and closed afterwards."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable


@runtime_checkable
class Openable(Protocol):
    def opened(self) -> AbstractAsyncContextManager[None]:
        """Usable only inside; entered once, on the event loop that uses it."""
