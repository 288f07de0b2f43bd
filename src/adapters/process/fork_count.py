"""How many processes the machine has started so far: what was not started cannot be there."""

_NAME = b"processes "


def fork_count() -> int | None:
    """It only grows, and counts threads too; None where the kernel does not tell."""
    try:
        with open("/proc/stat", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(_NAME):
            return int(line.removeprefix(_NAME)) or None
    return None
