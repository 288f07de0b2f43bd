"""The fixtures of the store's own tests."""

from tests.contract.postgres import postgres_url

__all__ = ["postgres_url"]
