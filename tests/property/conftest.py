"""The stores that the properties are tested on."""

from tests.contract.postgres import postgres_url
from tests.contract.stores import sqlite_template, store_url

__all__ = ["postgres_url", "sqlite_template", "store_url"]
