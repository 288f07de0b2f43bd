"""The forms in which a secret appears in what programs and models write."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Collection, Iterator
from urllib.parse import quote, quote_plus


def forms_of(secret: str) -> Collection[str]:
    """As it is, in a JSON text, in a URL, and in base64, also of a longer text with it inside."""
    return set(_forms(secret))


def _forms(secret: str) -> Iterator[str]:
    for text in {secret, secret.strip()}:
        yield text
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        data = text.encode(errors="surrogateescape")
        for quoted in (quote(data, safe=""), quote(data), quote_plus(data)):
            yield quoted
            yield _lower_escapes(quoted)
        for before in range(3):
            yield from _base64(data, before=before)


def _base64(data: bytes, *, before: int) -> Iterator[str]:
    """What does not change with the bytes around, `before` of which share its first group."""
    first, stop = -(-before * 8 // 6), (before + len(data)) * 8 // 6
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(b"\0" * before + data).decode()[first:stop]


def _lower_escapes(quoted: str) -> str:
    head, *rest = quoted.split("%")
    return "%".join((head, *(part[:2].lower() + part[2:] for part in rest)))
