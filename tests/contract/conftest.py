"""The fixtures of the contract suites."""

from tests.contract.postgres import postgres_url
from tests.contract.stores import harness, open_harness, sqlite_template, store_url, two_harnesses

__all__ = [
    "harness",
    "open_harness",
    "postgres_url",
    "sqlite_template",
    "store_url",
    "two_harnesses",
]
