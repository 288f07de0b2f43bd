"""The command line of an agent for one task: its placeholders filled in."""

import re
from collections.abc import Mapping, Sequence

from domain.agent_profile import AgentProfile
from domain.approval import APPROVAL_PLACE, strictest_mode
from domain.model_choice import MODEL_PLACE
from domain.task import Approval

_PLACEHOLDER = re.compile(r"\{task\}|\{thread\}|\{model\}")


def filled_argv(
    argv: Sequence[str],
    profile: AgentProfile,
    *,
    asked: Approval | None,
    values: Mapping[str, str],
) -> tuple[str, ...]:
    """`argv` with the profile's model, its flags for the approval mode, and `values`.

    `asked` is the mode of the task, `values` are by placeholder, such as `{task}`. A placeholder
    without a value stays, and what was filled in is not searched for placeholders.
    """
    filling = {MODEL_PLACE: profile.model or "", **values}
    flags = profile.approval_argv.get(strictest_mode(profile.approvals, asked=asked), ())
    filled = (flags if item == APPROVAL_PLACE else (_filled(item, filling),) for item in argv)
    return tuple(item for items in filled for item in items)


def _filled(item: str, filling: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: filling.get(found[0], found[0]), item)
