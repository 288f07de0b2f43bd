"""The conversations that agents can resume, on SQL."""

import json
from dataclasses import asdict

from sqlalchemy import Connection, delete, select, update

from adapters.store.database import Database
from adapters.store.rows.statement import Statement, insert_if_absent
from adapters.store.rows.task_rows import json_value
from adapters.store.schema.tables import agent_threads, sessions
from domain.agent_thread import AgentThread
from domain.ids import AgentName, SessionKey
from domain.usage import Usage


class SqlAgentThreads:
    def __init__(self, database: Database) -> None:
        self._database = self.database = database

    async def find(self, session_key: SessionKey, agent: AgentName) -> AgentThread | None:
        values = {"session": session_key, "agent": agent}
        text: str | None = await self._database.read(lambda c: _THREAD.value(c, values))
        return None if text is None else thread_of_column(text)

    async def keep(self, session_key: SessionKey, agent: AgentName, thread: AgentThread) -> None:
        exists = select(sessions.c.key).where(sessions.c.key == session_key)
        row = {"session_key": session_key, "agent": agent, "thread": thread_column(thread)}

        def work(connection: Connection) -> None:
            if not connection.execute(exists).scalar():
                return
            if connection.execute(insert_if_absent(agent_threads).values(**row)).rowcount:
                return
            connection.execute(
                update(agent_threads)
                .where(agent_threads.c.session_key == session_key, agent_threads.c.agent == agent)
                .values(thread=row["thread"])
            )

        await self._database.write(work)

    async def forget(self, session_key: SessionKey, agent: AgentName) -> None:
        gone = delete(agent_threads).where(
            agent_threads.c.session_key == session_key, agent_threads.c.agent == agent
        )

        def work(connection: Connection) -> None:
            connection.execute(gone)

        await self._database.write(work)


_THREAD = Statement("""
    SELECT thread FROM agent_threads
    WHERE session_key = :session AND agent = :agent
""")


def thread_column(thread: AgentThread) -> str:
    return json.dumps(asdict(thread))


def thread_of_column(text: str) -> AgentThread:
    """Older rows hold the id alone, not as JSON."""
    match _loaded(text):
        case {"id": str(thread_id), **rest}:
            used, model = rest.get("usage"), rest.get("model")
            return AgentThread(
                id=thread_id,
                usage=json_value(Usage, used) if isinstance(used, dict) else None,
                model=model if isinstance(model, str) else None,
            )
        case _:
            return AgentThread(id=text)


def _loaded(text: str) -> object:
    try:
        loaded: object = json.loads(text)
    except ValueError:
        return None
    return loaded
