"""The bounds of what clients may send, for validation and for the API description alike."""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from domain.ids import VARIABLE_NAME
from domain.model_choice import MAX_MODEL_CHARS

# 1 to 64 of these, but neither `.` nor `..`, which clients take for other paths; the engine of
# pydantic has no look-ahead.
_START, _ANY = r"[A-Za-z0-9_:\-]", r"[A-Za-z0-9._:\-]"
CHOSEN = rf"(?:{_START}{_ANY}{{0,63}}|\.{_START}{_ANY}{{0,62}}|\.\.{_ANY}{{1,62}})"
CHOSEN_ID = f"^{CHOSEN}$"
ABSOLUTE_PATH = r"^/[^\x00]*$"
REPLAY = r"^(all|[0-9]{1,9})$"
_MAX_TEXT_BYTES = 256 * 1024
_MAX_METADATA_BYTES = 16 * 1024
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_WEEK_S = 7 * 24 * 3600


def bounded_text(text: str) -> str:
    if len(text.encode()) > _MAX_TEXT_BYTES:
        raise ValueError(f"should have at most {_MAX_TEXT_BYTES} bytes in UTF-8")
    return text


def _bounded_metadata(metadata: dict[str, object]) -> dict[str, object]:
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > _MAX_METADATA_BYTES:
        raise ValueError(f"should have at most {_MAX_METADATA_BYTES} bytes as JSON")
    return metadata


def _rfc_3339(given: object) -> object:
    """Pydantic alone would take a bare number for the seconds since 1970."""
    if not isinstance(given, str) or _RFC_3339.fullmatch(given) is None:
        raise ValueError("should be a time after RFC 3339, as 2026-11-21T10:00:00Z")
    return given


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("should lie between the years 1 and 9999 in UTC") from error


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("may not hold NUL")
    return text


TaskText = Annotated[
    str,
    Field(min_length=1, max_length=_MAX_TEXT_BYTES, description="What the agent is asked to do."),
    AfterValidator(bounded_text),
]
SessionIdText = Annotated[
    str, Field(pattern=CHOSEN_ID, description="A session of yours; made on first use.")
]
AgentText = Annotated[str, Field(pattern=CHOSEN_ID, description="One of GET /agents.")]
Title = Annotated[str, Field(max_length=200)]
Workspace = Annotated[
    str,
    Field(
        pattern=ABSOLUTE_PATH,
        max_length=1024,
        description="The absolute path of a folder on the server to work in; neither the whole"
        " machine, nor a home, nor in or around the server's data.",
    ),
]
VariableName = Annotated[str, Field(pattern=VARIABLE_NAME, max_length=200)]
ModelText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_MODEL_CHARS,
        description="The model to use, by its provider's name; for agents that use one.",
    ),
]
Metadata = Annotated[
    dict[str, object],
    Field(description="Anything of yours; at most 16 KiB as JSON."),
    AfterValidator(_bounded_metadata),
]
Seconds = Annotated[float, Field(gt=0, le=_WEEK_S)]
Iterations = Annotated[int, Field(gt=0, le=10_000)]
ToolCalls = Annotated[int, Field(gt=0, le=100_000)]
Tokens = Annotated[int, Field(gt=0, le=10**9)]
Dollars = Annotated[float, Field(gt=0, le=10**6)]
OutputBytes = Annotated[int, Field(gt=0, le=10 * 2**30)]
PageSize = Annotated[int, Field(ge=1, le=200)]
Instant = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]
SearchText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
CancelModeText = Literal["graceful", "kill"]
