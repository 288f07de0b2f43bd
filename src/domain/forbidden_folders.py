"""Folders that no task may work in, whatever its tools and programs are."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenFolders:
    """All paths are real ones: absolute, with no link on the way."""

    within: Mapping[str, str]
    """Folders that no workspace may be or lie in, with what each is."""
    around: Mapping[str, str]
    """Paths that no workspace may be or contain at any depth, with what each is."""

    def reason_against(self, folder: str, *, own: str | None = None) -> str | None:
        """Why the folder cannot be a workspace; None if it can. `own` is an exception to `within`."""
        for path, what in self.within.items():
            if lies_in(folder, path) and not (own is not None and lies_in(folder, own)):
                return f"it is {what}" if folder == path else f"it is within {what}"
        for path, what in self.around.items():
            if lies_in(path, folder):
                return f"it is {what}" if folder == path else f"{what} is within it"
        return None


def lies_in(path: str, folder: str) -> bool:
    """Whether one real path is the other, or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
