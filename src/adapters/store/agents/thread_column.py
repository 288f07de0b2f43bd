"""An agent's conversation as a column of text."""

import json
from dataclasses import asdict

from adapters.store.rows.json_value import json_value
from domain.agent_thread import AgentThread
from domain.usage import Usage


def thread_column(thread: AgentThread) -> str:
    return json.dumps(asdict(thread))


def thread_of_column(text: str) -> AgentThread:
    """A text that is no such object is the id alone, as it was kept at first."""
    match _loaded(text):
        case {"id": str(thread_id), **held}:
            used, model = held.get("usage"), held.get("model")
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
