"""Only known names are answered."""

import httpx2
import pytest

from tests.http_app import World

WORLD = World(allowed_hosts=["cast.example.com", "box.example.com:8443", "[fd00::1]"])


async def status_for(hosts: list[str]) -> int:
    request = httpx2.Request("GET", "http://ignored/health")
    request.headers = httpx2.Headers([("Host", host) for host in hosts])
    async with WORLD.client() as client:
        return (await client.send(request)).status_code


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8080",
        "LocalHost:1",
        "127.0.0.1",
        "127.0.0.1:65535",
        "[::1]",
        "[::1]:8080",
        "cast.example.com",
        "CAST.example.com:443",
        "box.example.com:8443",
        "[fd00::1]:80",
    ],
)
async def test_known_names_are_answered(host: str) -> None:
    assert await status_for([host]) == 200


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.com"],
        ["localhost.evil.com"],
        ["evil.com:80@localhost"],
        ["localhost@evil.com"],
        ["user:pw@localhost"],
        ["localhost", "localhost"],
        ["localhost", "evil.com"],
        ["localhost, evil.com"],
        ["localhost:port"],
        ["localhost:"],
        ["localhost:123456"],
        ["localhost/"],
        ["localhost "],
        ["localhost."],
        ["127.0.0.2"],
        ["127.1"],
        ["2130706433"],
        ["0.0.0.0"],
        ["[::]"],
        ["::1"],
        ["[::1"],
        ["[::1]evil.com"],
        ["box.example.com"],
        ["box.example.com:80"],
        ["sub.cast.example.com"],
    ],
)
async def test_other_names_are_not(hosts: list[str]) -> None:
    assert await status_for(hosts) == 421


async def test_the_refusal_names_the_setting() -> None:
    async with World().client() as client:
        response = await client.get("/health", headers={"Host": "evil.com"})

    assert response.json()["code"] == "unknown_host"
    assert "AGENTCAST_ALLOWED_HOSTS" in response.json()["detail"]
    assert "evil.com" not in response.text
