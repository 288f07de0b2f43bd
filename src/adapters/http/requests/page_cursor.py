"""Where a page of a list ends; opaque, so that lists may come to be ordered otherwise."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from domain.errors import InvalidCursor
from domain.ids import is_chosen_id

Item = TypeVar("Item")


def dump_cursor(last_id: str) -> str:
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def load_cursor(cursor: str) -> str:
    """Raises InvalidCursor for what `dump_cursor` cannot have made."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        last_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if not is_chosen_id(last_id):
        raise _invalid()
    return last_id


def cut_page(items: Sequence[Item], limit: int) -> tuple[Sequence[Item], Item | None]:
    """The page, and its last item if others follow; given one item more than the page holds."""
    page = items[:limit]
    return page, page[-1] if len(items) > limit else None


def _invalid() -> InvalidCursor:
    return InvalidCursor("cursor", "the cursor should be the next_cursor of the page before")
