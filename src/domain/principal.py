"""Who asks: every session, task and query belongs to a principal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller; two owners may use the same session id and never meet."""

    tenant: str
    owner: str
    name: str
    is_local: bool = False
    """The one principal of a server without a login: per-principal caps do not bind it."""


LOCAL = Principal(tenant="local", owner="local", name="local", is_local=True)
