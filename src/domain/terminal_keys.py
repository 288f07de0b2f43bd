"""What a terminal sends for the keys of a keyboard."""

from collections.abc import Mapping

from domain.errors import InvalidInput

_CURSOR = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_KEYS: Mapping[str, str] = {
    "enter": "\r",
    "tab": "\t",
    "shift-tab": "\x1b[Z",
    "escape": "\x1b",
    "space": " ",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "insert": "\x1b[2~",
    "page-up": "\x1b[5~",
    "page-down": "\x1b[6~",
    "ctrl-space": "\x00",
    **{f"ctrl-{chr(96 + number)}": chr(number) for number in range(1, 27)},
    **{f"ctrl-{sign}": chr(28 + at) for at, sign in enumerate("\\]^_")},
    **{f"f{number}": f"\x1bO{'PQRS'[number - 1]}" for number in range(1, 5)},
    **{
        f"f{number}": f"\x1b[{code}~"
        for number, code in zip(range(5, 13), (15, 17, 18, 19, 20, 21, 23, 24), strict=True)
    },
}
_HELD = ("ctrl-", "alt-", "shift-")


def keys_text(keys: str, *, application_cursor: bool = False) -> str:
    """The name of a key as what it sends; whatever is no name is sent as it is.

    Raises InvalidInput for a key that is held together with one that there is not.
    """
    if keys in _CURSOR:
        return ("\x1bO" if application_cursor else "\x1b[") + _CURSOR[keys]
    if keys in _KEYS:
        return _KEYS[keys]
    with_alt = keys.removeprefix("alt-")
    if with_alt != keys and (len(with_alt) == 1 or with_alt in _KEYS):
        return "\x1b" + _KEYS.get(with_alt, with_alt)
    if keys.startswith(_HELD) and keys not in _HELD:
        raise InvalidInput("data", f"there is no key {keys!r}")
    return keys
