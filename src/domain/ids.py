"""Ids, each a type of its own so that one cannot pass for another, and what may be a name."""

import re
from typing import NewType

TaskId = NewType("TaskId", str)
SessionId = NewType("SessionId", str)
"""The name a client knows a session by; unique within its owner's scope only."""
SessionKey = NewType("SessionKey", int)
"""The internal key of a session; unique in a store, never shown to a client."""
AgentName = NewType("AgentName", str)
WorkerId = NewType("WorkerId", str)
LeaseId = NewType("LeaseId", str)
CallId = NewType("CallId", str)
ApprovalId = NewType("ApprovalId", str)
Tag = NewType("Tag", str)
"""Eight random hex digits of each event. They distinguish it from the event with the same seq in
another history, as after a disk lost the end of the log."""

VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""Of the environment, as a JSON Schema has it."""
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Clients take a part of a path that is one dot or two for another path.
_CHOSEN_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:-]{1,64}")


def is_chosen_id(value: str) -> bool:
    """Whether a client may choose this as a session id or an agent's name."""
    return _CHOSEN_ID.fullmatch(value) is not None


def is_variable_name(name: str) -> bool:
    """Whether a variable of the environment can have this name."""
    return _VARIABLE_NAME.fullmatch(name) is not None
