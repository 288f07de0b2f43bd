"""Requests to the public internet that cannot be turned against the server's own network."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import httpx2

from adapters.tools.public_address import Address, Network, is_allowed
from domain.errors import ToolError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a host, for a port."""

_HEADERS = {
    "Accept": "text/html, text/plain, application/json, */*;q=0.5",
    "Accept-Encoding": "gzip",
    "User-Agent": "Agentcast",
}
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


async def resolve(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class CheckedRequests:
    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        allowed: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allowed` are networks that may be asked although they are not public."""
        self._resolve = resolve
        self._allowed = tuple(allowed)
        self._tls = tls

    @asynccontextmanager
    async def get(self, address: str) -> AsyncIterator[httpx2.Response]:
        """The answer after all redirects, with its body unread.

        Raises ToolError for what must not be asked, and httpx2.HTTPError for what fails.
        """
        url = _url(address)
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._asked(url) as response:
                if (onward := _onward(url, response)) is None:
                    yield response
                    return
            url = onward
        raise ToolError(f"url: more than {_MOST_REDIRECTS} redirects")

    @asynccontextmanager
    async def _asked(self, url: httpx2.URL) -> AsyncIterator[httpx2.Response]:
        """A client of its own for each request: no cookie and no connection is used again."""
        addresses = await self._checked(url)
        async with httpx2.AsyncClient(
            trust_env=False, timeout=None, headers=_HEADERS, verify=await self._trust()
        ) as client:
            response = await _first_answer(client, url, addresses)
            try:
                yield response
            finally:
                await response.aclose()

    async def _trust(self) -> ssl.SSLContext:
        """Read once, and elsewhere: it takes longer than everybody else should wait."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx2.create_ssl_context, trust_env=False)
        return self._tls

    async def _checked(self, url: httpx2.URL) -> Sequence[Address]:
        """Every address counts: otherwise a name with a good and a bad one would come through."""
        host = url.raw_host.decode("ascii")
        try:
            names = await self._resolve(host, url.port or _PORTS[url.scheme])
        except (OSError, UnicodeError) as error:
            raise ToolError(f"url: the host {host!r} is not known") from error
        addresses = [ip_address(name) for name in dict.fromkeys(names)]
        if not addresses:
            raise ToolError(f"url: the host {host!r} is not known")
        if not all(is_allowed(address, allowed=self._allowed) for address in addresses):
            raise ToolError(f"url: the host {host!r} is not on the public internet")
        return addresses


def _url(address: str) -> httpx2.URL:
    try:
        url = httpx2.URL(address)
    except httpx2.InvalidURL as error:
        raise ToolError(f"url: {error}") from error
    return _acceptable(url)


def _acceptable(url: httpx2.URL) -> httpx2.URL:
    if url.scheme not in _PORTS:
        raise ToolError("url: only http and https can be fetched")
    if url.userinfo:
        raise ToolError("url: a user name or password in a URL is not sent")
    if not url.raw_host:
        raise ToolError("url: it names no host")
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        raise ToolError(f"url: there is no port {url.port}")
    return url.copy_with(fragment=None)


def _onward(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL | None:
    location = response.headers.get("Location")
    if response.status_code not in _REDIRECTS or location is None:
        return None
    try:
        return _acceptable(url.join(location))
    except httpx2.InvalidURL as error:
        raise ToolError(f"url: it redirects to what is no URL: {error}") from error


async def _first_answer(
    client: httpx2.AsyncClient, url: httpx2.URL, addresses: Sequence[Address]
) -> httpx2.Response:
    """From the first address that can be reached, asked for by the name that was given."""
    *others, last = addresses
    for address in others:
        try:
            return await client.send(_request(client, url, address), stream=True)
        except httpx2.ConnectError:
            continue
    return await client.send(_request(client, url, last), stream=True)


def _request(client: httpx2.AsyncClient, url: httpx2.URL, address: Address) -> httpx2.Request:
    return client.build_request(
        "GET",
        url.copy_with(host=str(address)),
        headers={"Host": url.netloc.decode("ascii")},
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )
