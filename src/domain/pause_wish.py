"""The wish that a task should rest, or that it should go on after all."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseWish:
    """Stored, so that it outlives every process."""

    is_wanted: bool
    by: str
    number: int = 1
    """Goes up with each wish, so that the later of two is known."""

    def replaces(self, earlier: "PauseWish | None") -> bool:
        return earlier is None or self.number > earlier.number


def next_wish(earlier: PauseWish | None, *, is_wanted: bool, by: str) -> PauseWish | None:
    """None where nothing else is wanted than before."""
    if is_wanted == (earlier is not None and earlier.is_wanted):
        return None
    number = 1 if earlier is None else earlier.number + 1
    return PauseWish(is_wanted=is_wanted, by=by, number=number)
