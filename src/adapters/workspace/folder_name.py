"""Names that may hold anything, as names of folders that stay where they are put."""

from urllib.parse import quote, unquote

from domain.ids import SessionId, SessionKey

_BEFORE_KEY = "@"  # `folder_name` never writes one itself


def folder_name(name: str) -> str:
    """Different names give different folders, and none of them leads elsewhere."""
    quoted = quote(name, safe="")
    # A name of dots alone would be another folder, and one that begins so would be hidden.
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted or "%"


def name_of(folder: str) -> str:
    return "" if folder == "%" else unquote(folder)


def session_folder_name(session_id: SessionId, key: SessionKey) -> str:
    """A later session with the same id gets another folder."""
    return f"{folder_name(session_id)}{_BEFORE_KEY}{key}"


def session_of(folder: str) -> tuple[SessionId, SessionKey] | None:
    """Whose folder it is; None if it was not named here."""
    name, _, key = folder.rpartition(_BEFORE_KEY)
    is_ours = bool(name) and key.isascii() and key.isdigit()
    return (SessionId(name_of(name)), SessionKey(int(key))) if is_ours else None
