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

    @property
    def is_operator(self) -> bool:
        """Whether this caller may change which agents there are."""
        return self.is_local


LOCAL = Principal(tenant="local", owner="local", name="local", is_local=True)
