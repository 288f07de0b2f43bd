"""Tells by the names of variables and headers which of their values are secret."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from adapters.system.secret_forms import forms_of
from domain.agent_profile import AgentProfile
from domain.needles import LEAST_CHARS

_SECRET_NAME = re.compile(
    r"KEY(?!BOARD)|TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|COOKIE|AUTH(?!OR(?!IZ))",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|ApiKey)\s+", re.IGNORECASE)
_COUNT_OF_TOKENS = re.compile(r"TOKENS$", re.IGNORECASE)


class EnvironmentSecrets:
    """The environment is looked at anew for each profile, as it is for its processes."""

    def __init__(
        self, server_keys: Sequence[str] = (), *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._server_keys = server_keys
        self._environment = os.environ if environment is None else environment

    def of(self, profile: AgentProfile) -> Sequence[str]:
        found = {*self._server_keys, *self._given(profile.env, profile.env_passthrough)}
        for server in profile.mcp_servers.values():
            found.update(self._given(server.env, server.env_passthrough))
            found.update(_secret_values(server.headers.items()))
            found.update(_credentials(server.url or ""))
        forms = {
            form for secret in found if len(secret) >= LEAST_CHARS for form in forms_of(secret)
        }
        return sorted(forms)

    def _given(self, env: Mapping[str, str], passed: Iterable[str]) -> Iterator[str]:
        server = self._environment
        yield from _secret_values(env.items())
        yield from _secret_values((name, server[name]) for name in passed if name in server)


def credentials_of(url: str) -> Sequence[str]:
    """The password in a URL, as it stands there and as it is meant."""
    return list(_credentials(url))


def _secret_values(variables: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in variables:
        yield from _credentials(value)
        if _SECRET_NAME.search(name) and not _is_harmless(name, value):
            yield value
            yield _SCHEME.sub("", value, count=1)


def _is_harmless(name: str, value: str) -> bool:
    if value.isdigit() and _COUNT_OF_TOKENS.search(name):
        return True
    if value.startswith(("http://", "https://")):
        return not list(_credentials(value))
    return value.startswith(("/", "~/", "./", "../")) and _exists(value)


def _exists(path: str) -> bool:
    # A key may begin as a path does, so only what is there is taken for one.
    try:
        return os.path.exists(Path(path).expanduser())
    except (OSError, RuntimeError, ValueError):
        return False


def _credentials(url: str) -> Iterator[str]:
    if "://" not in url or "@" not in url:
        return
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
