"""What a page of another site makes a browser send."""

import pytest

from tests.http_app import World

LISTED = "https://app.example.com"
HERE = "http://localhost:8080"
WORLD = World(cors_origins=[LISTED])

PASS = [
    {},
    {"Origin": HERE},
    {"Origin": "http://LOCALHOST:8080"},
    {"Origin": LISTED},
    {"Origin": LISTED, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": HERE, "Sec-Fetch-Site": "same-origin"},
]
REFUSED = [
    {"Origin": "https://evil.com"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "http://localhost"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://[bad"},
    {"Origin": "http://localhost:8080@evil.com"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
    {"Origin": HERE, "Sec-Fetch-Site": "same-site"},
]


async def status(method: str, headers: dict[str, str]) -> int:
    async with WORLD.client() as client:
        if method == "POST":
            return (await client.post("/api/v1/sessions", headers=headers, json={})).status_code
        return (await client.get("/api/v1/agents", headers=headers)).status_code


@pytest.mark.parametrize("headers", PASS)
async def test_programs_this_site_and_listed_sites_may_change_things(
    headers: dict[str, str],
) -> None:
    assert await status("POST", headers) == 201


@pytest.mark.parametrize("headers", REFUSED)
async def test_other_sites_may_not_change_things(headers: dict[str, str]) -> None:
    assert await status("POST", headers) == 403


@pytest.mark.parametrize("headers", REFUSED)
async def test_other_sites_may_not_open_streams(headers: dict[str, str]) -> None:
    assert await status("GET", {**headers, "Accept": "text/event-stream"}) == 403


@pytest.mark.parametrize("headers", [*PASS, *REFUSED])
async def test_reading_is_left_to_the_browser(headers: dict[str, str]) -> None:
    assert await status("GET", headers) == 200


async def test_two_origins_are_refused() -> None:
    async with World().client() as client:
        headers = [("Origin", HERE), ("Origin", "https://evil.com")]
        response = await client.post("/api/v1/sessions", headers=headers, json={})

    assert (response.status_code, response.json()["code"]) == (403, "cross_site")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sse?session_id=s",
        "/api/sse?session_id=s",
        "/api/v1/agents/shell/stream",
        "/api/v1/sessions/s/events",
        "/api/v1/tasks/t/events",
    ],
)
async def test_other_sites_may_not_open_streams_without_an_accept_header(path: str) -> None:
    async with World().client() as client:
        for headers in REFUSED:
            response = await client.get(path, headers={"Accept": "*/*", **headers})

            assert (response.status_code, response.json()["code"]) == (403, "cross_site")
