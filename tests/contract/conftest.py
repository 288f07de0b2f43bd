"""The fixtures of the contract suites."""

from tests.contract.postgres import postgres_url
from tests.contract.stores import open_scene, scene, sqlite_template, store_url, two_scenes

__all__ = ["open_scene", "postgres_url", "scene", "sqlite_template", "store_url", "two_scenes"]
