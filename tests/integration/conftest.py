"""A real PostgreSQL, for the tests of several nodes."""

from tests.contract.postgres import postgres_url

__all__ = ["postgres_url"]
