"""Agents that operators have added, on SQL."""

import logging
from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, delete, select, update

from adapters.store.database import Database
from adapters.store.rows.statement import insert_if_absent
from adapters.store.rows.store_clock import store_now
from adapters.store.schema.tables import agent_profiles
from domain.agent_profile import AgentProfile
from domain.errors import AgentcastError
from domain.ids import AgentName

log = logging.getLogger(__name__)

_PROFILE = TypeAdapter(AgentProfile)


class SqlProfileStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._reported: set[str] = set()
        """Warnings that were logged already: the rows are read twice a second."""

    async def put(self, profile: AgentProfile) -> bool:
        row = {"body": _PROFILE.dump_json(profile).decode(), "updated_at": store_now()}

        def work(connection: Connection) -> bool:
            added = insert_if_absent(agent_profiles).values(name=profile.name, **row)
            if connection.execute(added).rowcount:
                return True
            is_named = agent_profiles.c.name == profile.name
            connection.execute(update(agent_profiles).where(is_named).values(**row))
            return False

        return await self._database.write(work)

    async def remove(self, name: AgentName) -> bool:
        gone = delete(agent_profiles).where(agent_profiles.c.name == name)
        return await self._database.write(lambda c: c.execute(gone).rowcount > 0)

    async def list(self) -> Sequence[AgentProfile]:
        query = select(agent_profiles.c.name, agent_profiles.c.body)
        rows = await self._database.read(lambda c: [tuple(row) for row in c.execute(query)])
        # Sorted here: databases differ in how they order letters.
        return sorted(self._profiles(rows), key=lambda profile: profile.name)

    def _profiles(self, rows: Sequence[tuple[str, str]]) -> Iterator[AgentProfile]:
        problems = set()
        for name, body in rows:
            try:
                yield _PROFILE.validate_json(body)
            except (ValidationError, AgentcastError) as error:
                # Another version of this program may have stored it; the other agents are usable.
                problems.add(f"the stored agent {name} cannot be read: {_first_line(error)}")
        for problem in problems - self._reported:
            log.warning(problem)
        self._reported = problems


def _first_line(error: Exception) -> str:
    """Without the content of the row, which may be secret."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{first['loc']}: {first['msg']}"
    return str(error)
