"""A server for each test that asks for one."""

from tests.e2e.client import own

__all__ = ["own"]
