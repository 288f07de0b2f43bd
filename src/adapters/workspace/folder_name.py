"""Names that may hold anything, as names of folders that stay where they are put."""

from urllib.parse import quote, unquote


def folder_name(name: str) -> str:
    """Different names give different folders, and none of them leads elsewhere."""
    quoted = quote(name, safe="")
    # A name of dots alone would be another folder, and one that begins so would be hidden.
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted or "%"


def name_of(folder: str) -> str:
    return "" if folder == "%" else unquote(folder)
