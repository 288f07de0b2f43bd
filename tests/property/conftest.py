"""The stores that the properties are tested on."""

from tests.contract.postgres import postgres_url
from tests.contract.stores import store_url

__all__ = ["postgres_url", "store_url"]
