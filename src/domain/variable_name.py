"""What can be the name of a variable of the environment."""

import re

VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_variable_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None
