"""Requests to the public internet only, also after redirects (protection against SSRF)."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx2

from domain.errors import ToolError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Metadata services with credentials of clouds, some at public addresses.
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)
_NAT64 = ip_network("64:ff9b::/96")
# IPv4-compatible, translated, and by way of NAT64.
_CARRYING_IPV4 = (ip_network("::/96"), ip_network("::ffff:0:0:0/96"), _NAT64)
# Not public either, but not known to every version of Python.
_SPECIAL = tuple(
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "fec0::/10")
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
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


def is_allowed(address: Address, *, allowed: tuple[Network, ...] = ()) -> bool:
    """Whether it is public or in `allowed`; metadata services never are."""
    forms = (address, *_embedded(address))
    if any(form in _METADATA for form in forms):
        return False
    if any(address in network for network in allowed):
        return True
    return all(_is_public(form) for form in forms)


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """IPv4 addresses that are reachable through this one."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    value = int(address)
    carries = any(address in network for network in _CARRYING_IPV4)
    if carries or (value >> 32) & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(value & 0xFFFFFFFF)


def _is_public(address: Address) -> bool:
    if address in _NAT64 or getattr(address, "ipv4_mapped", None) is not None:
        return True  # decided by the embedded address
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def resolve(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class PublicRequests:
    def __init__(
        self,
        *,
        resolve: Resolve = resolve,
        allowed: Sequence[Network] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allowed` are networks that may be accessed although they are not public."""
        self._resolve = resolve
        self._allowed = tuple(allowed)
        self._tls = tls

    @asynccontextmanager
    async def get(self, address: str) -> AsyncIterator[httpx2.Response]:
        """The response after all redirects, with its body unread.

        Raises ToolError for a forbidden address, and httpx2.HTTPError for a failure.
        """
        url = _url(address)
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._response(url) as response:
                if (redirect := _redirect(url, response)) is None:
                    yield response
                    return
            url = redirect
        raise ToolError(f"url: more than {_MOST_REDIRECTS} redirects")

    @asynccontextmanager
    async def _response(self, url: httpx2.URL) -> AsyncIterator[httpx2.Response]:
        """A new client for each request, so that no cookie or connection is reused."""
        addresses = await self._checked(url)
        async with httpx2.AsyncClient(
            trust_env=False, timeout=None, headers=_HEADERS, verify=await self._tls_context()
        ) as client:
            response = await _first_answer(client, url, addresses)
            try:
                yield response
            finally:
                await response.aclose()

    async def _tls_context(self) -> ssl.SSLContext:
        """Loaded once, on a thread, as it would block the event loop."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx2.create_ssl_context, trust_env=False)
        return self._tls

    async def _checked(self, url: httpx2.URL) -> Sequence[Address]:
        """All addresses of the host must be allowed; connecting by address prevents DNS rebinding."""
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


def _redirect(url: httpx2.URL, response: httpx2.Response) -> httpx2.URL | None:
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
    """From the first reachable address, with the original Host header."""
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
