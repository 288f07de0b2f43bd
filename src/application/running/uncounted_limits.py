"""Reports, once each, the limits of a task that what it uses does not count towards."""

from collections.abc import Iterator

from domain.limits import Limits
from domain.task_events import Error
from domain.thinking_events import TokenUsage


class UncountedLimits:
    """A limit that nothing counts towards is no limit."""

    def __init__(self) -> None:
        self._is_price_missed = False
        self._is_part_missed = False

    def missed(self, event: TokenUsage, limits: Limits, *, kind: str) -> Iterator[Error]:
        """`limits` are those of the task and its agent, whose kind it is."""
        if limits.tokens is not None and event.partial and not self._is_part_missed:
            self._is_part_missed = True
            yield _uncounted(
                "the agent does not report all the tokens that it uses as it works, "
                "so that limits.tokens counts a part of them"
            )
        if limits.usd is None or self._is_price_missed:
            return
        # Over the Agent Client Protocol a sum holds what is reported after it without a cost.
        is_summed = kind == "acp" and event.total_cost_usd is not None
        if event.cost_usd is None and not is_summed:
            self._is_price_missed = True
            yield _uncounted(
                f"the price of {event.model} is not known, so that limits.usd cannot be kept"
            )


def _uncounted(message: str) -> Error:
    return Error(message=message, phase="limits", recoverable=True)
