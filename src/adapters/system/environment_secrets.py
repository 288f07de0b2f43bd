"""Finds secrets by the names of variables, options and headers, and the forms they appear in."""

import json
import os
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from domain.agent_profile import AgentProfile
from domain.redaction import Redactor
from domain.secret_patterns import LEAST_CHARS

_SECRET_NAME = re.compile(
    r"KEY(?!BOARD)|TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|(?:^|[_.-])PASS$|CREDENTIAL|COOKIE|AUTH(?!OR(?!IZ))",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|ApiKey)\s+", re.IGNORECASE)
_PASSWORD = re.compile(r"PASS(?:W(?:OR)?D|PHRASE)?$", re.IGNORECASE)
_SECRET_OPTION = re.compile(
    r"(?:KEY|TOKEN|SECRET|PASS(?:W(?:OR)?D|PHRASE)?|CREDENTIALS?|COOKIE|AUTH(?:ORIZATION)?)$",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(r"(-{0,2}[\w.-]+)\s*[=:]\s*(?!//)(.+)", re.DOTALL)
# Values of switches and sizes occur in too much harmless text: `AUTH_MODE=required`.
_ORDINARY = re.compile(
    r"[0-9][0-9.,:]{0,11}(?:ms|[smhd]|[kmg]i?b?)?|true|false|yes|no|on|off|none|null|auto|default|"
    r"always|never|enabled?|disabled?|required?|optional|allow(?:ed)?|den(?:y|ied)|strict|lax|"
    r"secure|public|private|bearer|basic|digest|oauth2?|oidc|saml|token|api[-_]?key|password|"
    r"secret|cookies?|headers?|sessions?|localhost|production|development|staging|testing",
    re.IGNORECASE,
)
_COUNT_OF_TOKENS = re.compile(r"TOKENS$", re.IGNORECASE)


class EnvironmentSecrets:
    """Follows changes of the environment, as processes started later do.

    Whether a value is an existing path is checked when a profile or a variable has changed.
    """

    def __init__(
        self, server_keys: Sequence[str] = (), *, environment: Mapping[str, str] | None = None
    ) -> None:
        self._server_keys = server_keys
        self._environment = os.environ if environment is None else environment
        self._seen: tuple[Sequence[AgentProfile], Mapping[str, str]] | None = None
        self._found: frozenset[str] = frozenset()
        self._redactor = Redactor()

    def redactor(self, profiles: Iterable[AgentProfile]) -> Redactor:
        # Searching all profiles takes a millisecond, and each run calls this.
        seen = [*profiles], dict(self._environment)
        if seen != self._seen:
            self._prepare(*seen)
            self._seen = seen
        return self._redactor

    def _prepare(self, profiles: Sequence[AgentProfile], environment: Mapping[str, str]) -> None:
        given = (_given_to(profile, environment) for profile in profiles)
        found = frozenset({*self._server_keys, *chain.from_iterable(given)})
        if found != self._found:  # a new Redactor takes longer than the search
            self._found, self._redactor = found, Redactor(_forms(found))


def _given_to(profile: AgentProfile, environment: Mapping[str, str]) -> Iterator[str]:
    yield from _in_variables(profile.env, profile.env_passthrough, environment)
    commands = (profile.argv, profile.resume_argv, profile.setup_argv)
    for argv in (*commands, *profile.approval_argv.values()):
        yield from _in_arguments(argv)
    for server in profile.mcp_servers.values():
        yield from _in_variables(server.env, server.env_passthrough, environment)
        yield from _in_arguments(server.args)
        yield from _in_headers(server.headers)
        yield from _in_url(server.url or "")


def _in_variables(
    env: Mapping[str, str], passed: Iterable[str], environment: Mapping[str, str]
) -> Iterator[str]:
    yield from _secret_values(env.items())
    yield from _secret_values((name, environment[name]) for name in passed if name in environment)


def _forms(secrets: Iterable[str]) -> Sequence[str]:
    long = (secret for secret in secrets if len(secret) >= LEAST_CHARS)
    return sorted({form for secret in long for form in forms_of(secret)})


def credentials_of(url: str) -> Sequence[str]:
    """The password in a URL, as written and unquoted, and the secrets in its query."""
    return list(_in_url(url))


def _secret_values(variables: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in variables:
        yield from _in_url(value)
        if _SECRET_NAME.search(name) and not _is_harmless(name, value):
            yield value
            yield _SCHEME.sub("", value, count=1)


def _in_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """A value with an authentication scheme is secret, whatever its header is called."""
    yield from _secret_values(headers.items())
    for value in headers.values():
        if scheme := _SCHEME.match(value):
            yield value
            yield value[scheme.end() :]


def _in_arguments(arguments: Sequence[str]) -> Iterator[str]:
    """Values of options with such names, and headers that are passed as arguments."""
    for argument, following in pairwise((*arguments, "")):
        yield from _in_url(argument)
        if assigned := _ASSIGNMENT.fullmatch(argument):
            name, value = assigned.groups()
        else:
            name, value = argument, following
        is_option = name.startswith("-") or assigned is not None
        if is_option and _SECRET_OPTION.search(name) and not value.startswith(("-", "{", "$")):
            yield from _secret_values([(name, value)])


def _is_harmless(name: str, value: str) -> bool:
    if value.isdigit() and _COUNT_OF_TOKENS.search(name):
        return True
    if _ORDINARY.fullmatch(value) and not _PASSWORD.search(name):
        return True
    if value.startswith(("http://", "https://")):
        return not list(_in_url(value))
    return value.startswith(("/", "~/", "./", "../")) and _exists(value)


def _exists(path: str) -> bool:
    # A key may look like a path, so only an existing one counts.
    try:
        return os.path.exists(Path(path).expanduser())
    except (OSError, RuntimeError, ValueError):
        return False


def _in_url(url: str) -> Iterator[str]:
    """The password, and values in the query with such names."""
    if "://" not in url:
        return
    try:
        parts = urlsplit(url)
        password, query = parts.password, parse_qsl(parts.query)
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)
    for name, value in query:
        if _SECRET_NAME.search(name) and not _is_harmless(name, value):
            yield value


def forms_of(secret: str) -> Collection[str]:
    """As it is, within JSON, in a URL, and in base64, also of a longer text that contains it."""
    return set(_each_form(secret))


def _each_form(secret: str) -> Iterator[str]:
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
    """The characters that do not depend on the bytes around it; `before` bytes share its first group."""
    first, stop = -(-before * 8 // 6), (before + len(data)) * 8 // 6
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(b"\0" * before + data).decode()[first:stop]


def _lower_escapes(quoted: str) -> str:
    head, *rest = quoted.split("%")
    return "%".join((head, *(part[:2].lower() + part[2:] for part in rest)))
