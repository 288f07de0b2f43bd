"""The stores that the properties are tested on."""

from pathlib import Path

import pytest

from tests.contract.postgres import postgres_url
from tests.contract.stores import sqlite_template, store_url
from tests.property.store import MemoryStore, SqlStore, Store

__all__ = ["postgres_url", "sqlite_template", "store_url"]


@pytest.fixture
def store(store_url: str, sqlite_template: Path, tmp_path: Path) -> Store:
    if store_url == "memory":
        return MemoryStore()
    if store_url.startswith("postgresql"):
        return SqlStore(store_url, folder=tmp_path)
    return SqlStore(store_url, folder=tmp_path, template=sqlite_template)
