"""Where no task may work, whatever its tools and programs are."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceWalls:
    """All paths are real ones: absolute, with no link on the way."""

    closed: Mapping[str, str]
    """Folders that nobody may work in or below, and what each of them is."""
    shown_by: Mapping[str, str]
    """What a folder may neither be nor have in it, however deep, and what that is."""

    def reason_against(self, folder: str, *, own: str | None = None) -> str | None:
        """Why it is no workspace; None if it is one. `own` is open, though it lies in a closed one."""
        for path, what in self.closed.items():
            if lies_in(folder, path) and not (own is not None and lies_in(folder, own)):
                return f"it is {what}" if folder == path else f"it is within {what}"
        for path, what in self.shown_by.items():
            if lies_in(path, folder):
                return f"it is {what}" if folder == path else f"{what} is within it"
        return None


def lies_in(path: str, folder: str) -> bool:
    """Whether one real path is the other, or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
