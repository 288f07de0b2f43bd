"""The wish that a task should rest, as a column."""

import json
from dataclasses import asdict

from domain.pause_wish import PauseWish


def pause_column(wish: PauseWish) -> str:
    return json.dumps(asdict(wish))


def pause_of_column(text: str | None) -> PauseWish | None:
    return None if text is None else PauseWish(**json.loads(text))
