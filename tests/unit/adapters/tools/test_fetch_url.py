"""Reading pages: as text, within bounds, and nowhere but where it is allowed."""

import gzip
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path

import anyio
import pytest

from adapters.tools.bounded_text import MAX_CHARS
from adapters.tools.fetch_url import FetchUrlTool
from adapters.tools.fetched_pages import MOST_BYTES, FetchedPages
from adapters.tools.public_requests import PublicRequests
from domain.errors import ToolError
from ports.tool import ToolResult
from tests.patience import PATIENCE_S
from tests.process_fakes import tool_context
from tests.web_pages import WebPages, certified, page, redirect, web_pages

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Names:
    """A host's addresses, by name; each time it is asked it gives the next of several."""

    def __init__(self, **names: Sequence[Sequence[str]]) -> None:
        self._names = {name.replace("_", "."): list(answers) for name, answers in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._names:
            raise OSError("no such name")
        answers = self._names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


async def fetch(url: str, *, names: Names | None = None, timeout_s: float = 5) -> ToolResult:
    """The names are those of the loopback server, unless others are given."""
    names = names or Names(pages_test=[["127.0.0.1"]])
    tool = FetchUrlTool(FetchedPages(PublicRequests(resolve=names, allowed=LOOPBACK)))
    with anyio.fail_after(PATIENCE_S):
        return await tool.call({"url": url, "timeout_s": timeout_s}, tool_context("/workspace"))


async def fetched(answer: bytes) -> ToolResult:
    async with web_pages({"/": answer}) as pages:
        return await fetch(f"http://{pages.host}/")


def request_lines(pages: WebPages) -> list[str]:
    return [head.split("\r\n")[0] for head in pages.requests]


def test_its_effects_are_untrusted_input_and_an_external_effect() -> None:
    assert FetchUrlTool().spec.effects == {"untrusted_input", "external_effect"}


async def test_plain_text_is_unchanged() -> None:
    result = await fetched(page("Grüße\n".encode()))

    assert result == ToolResult(content="Grüße\n")


async def test_a_page_has_no_tags() -> None:
    html = (
        b"<html><head><title>The  title</title><style>p {}</style></head><body>"
        b"<h1>One</h1><p>Two <b>and</b>\n three &amp; <a href='/x'>four</a>.</p>"
        b"<script>var x = '<p>five</p>'</script><ul><li>six<li>seven</ul></body></html>"
    )

    result = await fetched(page(html, kind="text/html; charset=utf-8"))

    assert result == ToolResult(
        content="The title\n\nOne\n\nTwo and\nthree & four (/x).\n\nsix\nseven"
    )


async def test_a_known_charset_is_used_and_an_odd_one_is_not() -> None:
    known = await fetched(page("ä".encode("latin-1"), kind="text/plain; charset=iso-8859-1"))
    assert known == ToolResult(content="ä")
    for odd in ("punycode", "utf-7"):
        result = await fetched(page("ä+AGE-".encode(), kind=f"text/plain; charset={odd}"))
        assert result == ToolResult(content="ä+AGE-")


async def test_the_text_of_a_refusal_is_returned() -> None:
    result = await fetched(page(b"no such thing", status="404 Not Found"))

    assert result == ToolResult(content="[status 404 Not Found]\nno such thing", is_error=True)


async def test_anything_but_text_is_only_named() -> None:
    result = await fetched(page(b"\x89PNG", kind="image/png"))

    assert result == ToolResult(content="[status 200 OK; no text, but image/png]")


async def test_a_decompression_bomb_is_cut() -> None:
    bomb = gzip.compress(bytes(16 * MOST_BYTES).replace(b"\0", b"x"))

    result = await fetched(page(bomb, more="Content-Encoding: gzip\r\n"))

    assert result == ToolResult(content="x" * MAX_CHARS, truncated=True, whole="x" * MOST_BYTES)


@pytest.mark.parametrize(
    ("encoding", "complaint"), [("br", "packed as 'br'"), ("gzip", "cannot be unpacked")]
)
async def test_a_body_that_cannot_be_decompressed_is_an_error(
    encoding: str, complaint: str
) -> None:
    with pytest.raises(ToolError, match=complaint):
        await fetched(page(b"no gzip", more=f"Content-Encoding: {encoding}\r\n"))


async def test_the_checked_address_is_requested_with_the_original_host() -> None:
    names = Names(pages_test=[["127.0.0.1"], ["10.0.0.1"]])
    async with web_pages({"/a?b=c": page(b"here")}) as pages:
        result = await fetch(f"http://{pages.host}/a?b=c#part", names=names)

    assert result == ToolResult(content="here")
    assert names.asked == ["pages.test"]
    assert request_lines(pages) == ["GET /a?b=c HTTP/1.1"]
    assert f"\r\nHost: {pages.host}\r\n" in pages.requests[0]


async def test_a_certificate_must_match_the_original_host(tmp_path: Path) -> None:
    server, client = certified(tmp_path, host="pages.test")
    names = Names(pages_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    requests = PublicRequests(resolve=names, allowed=LOOPBACK, tls=client)
    tool = FetchUrlTool(FetchedPages(requests))
    async with web_pages({"/": page(b"here")}, tls=server) as pages:
        good, other = f"https://{pages.host}/", f"https://other.test:{pages.port}/"

        result = await tool.call({"url": good}, tool_context("/workspace"))
        with pytest.raises(ToolError, match=r"certificate is not valid for 'other\.test'"):
            await tool.call({"url": other}, tool_context("/workspace"))

    assert result == ToolResult(content="here")


async def test_a_name_that_changes_its_address_is_checked_again() -> None:
    names = Names(pages_test=[["127.0.0.1"], ["10.0.0.1"]])
    async with web_pages({"/": redirect("/again")}) as pages:
        with pytest.raises(ToolError, match=r"'pages\.test' is not on the public internet"):
            await fetch(f"http://{pages.host}/", names=names)

    assert names.asked == ["pages.test", "pages.test"]
    assert request_lines(pages) == ["GET / HTTP/1.1"]


async def test_one_private_address_among_others_is_enough_to_refuse() -> None:
    names = Names(pages_test=[["127.0.0.1", "192.168.1.1"]])
    async with web_pages({"/": page(b"secret")}) as pages:
        with pytest.raises(ToolError, match="not on the public internet"):
            await fetch(f"http://{pages.host}/", names=names)

    assert pages.requests == []


async def test_the_next_address_is_tried_when_one_is_unreachable() -> None:
    names = Names(pages_test=[["127.0.0.2", "127.0.0.1"]])
    async with web_pages({"/": page(b"here")}) as pages:
        result = await fetch(f"http://{pages.host}/", names=names)

    assert result == ToolResult(content="here")


@pytest.mark.parametrize(
    ("location", "complaint"),
    [
        ("http://169.254.169.254/latest/meta-data", "not on the public internet"),
        ("http://intern.test/", "not on the public internet"),
        ("//user:secret@pages.test/", "a user name or password"),
        ("file:///etc/passwd", "only http and https"),
        ("http://[::1", "redirects to what is no URL"),
    ],
)
async def test_a_redirect_is_checked_like_the_first_address(location: str, complaint: str) -> None:
    addresses = {"intern.test": "10.0.0.1", "169.254.169.254": "169.254.169.254"}
    names = Names(pages_test=[["127.0.0.1"]], **{n: [[a]] for n, a in addresses.items()})
    async with web_pages({"/": redirect(location)}) as pages:
        with pytest.raises(ToolError, match=complaint):
            await fetch(f"http://{pages.host}/", names=names)


async def test_redirects_are_followed_ten_times() -> None:
    steps: Mapping[str, bytes] = {f"/{n}": redirect(f"/{n - 1}") for n in range(1, 12)}
    async with web_pages({**steps, "/0": page(b"there")}) as pages:
        assert await fetch(f"http://{pages.host}/10") == ToolResult(content="there")
        with pytest.raises(ToolError, match="more than 10 redirects"):
            await fetch(f"http://{pages.host}/11")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("ftp://pages.test/", "only http and https"),
        ("pages.test", "only http and https"),
        ("http://user:secret@pages.test/", "a user name or password"),
        ("http://", "names no host|no URL|url: "),
        ("http://nowhere.test/", r"the host 'nowhere\.test' is not known"),
        ("http://pages.test:99999/", "there is no port 99999"),
    ],
)
async def test_a_forbidden_url_is_refused_with_its_reason(url: str, complaint: str) -> None:
    with pytest.raises(ToolError, match=complaint):
        await fetch(url)


@pytest.mark.parametrize(
    "host", ["[::ffff:169.254.169.254]", "[::ffff:7f00:1]", "2130706433", "0x7f.1", "[::1]"]
)
async def test_no_spelling_of_a_private_address_comes_through(host: str) -> None:
    with pytest.raises(ToolError, match=r"not on the public internet|not known"):
        await FetchUrlTool().call({"url": f"http://{host}:9/"}, tool_context("/workspace"))


async def test_a_server_that_does_not_answer_times_out() -> None:
    async with web_pages({"/": None}) as pages:
        with pytest.raises(ToolError, match=r"no whole answer within 0\.05 s"):
            await fetch(f"http://{pages.host}/", timeout_s=0.05)


async def test_an_unreachable_server_is_an_error() -> None:
    async with web_pages({}) as pages:
        closed = pages.host

    with pytest.raises(ToolError, match="url: it cannot be fetched: "):
        await fetch(f"http://{closed}/")
