"""Streamed text becomes few events, in order, and nobody waits for the first."""

import anyio
import pytest

from application.react.text_joiner import MAX_CHARS, joined_text
from tests.patience import PATIENCE_S


class Shown:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.kinds: list[str] = []
        self.first = anyio.Event()

    async def __call__(self, kind: str, text: str) -> None:
        self.texts.append(text)
        self.kinds.append(kind)
        self.first.set()


async def test_the_first_piece_goes_out_at_once_and_the_next_ones_together() -> None:
    shown = Shown()

    async with joined_text(shown, join_s=60) as put:
        await put("text", "one")
        with anyio.fail_after(PATIENCE_S):
            await shown.first.wait()
        await put("text", " two")
        await put("text", " three")

    assert shown.texts == ["one", " two three"]


async def test_what_waits_is_shown_soon_without_more_to_come() -> None:
    second = anyio.Event()

    async def show(_: str, text: str) -> None:
        if "two" in text:
            second.set()

    async with joined_text(show, join_s=0.001) as put:
        await put("text", "one")
        await anyio.lowlevel.checkpoint()
        await put("text", "two")
        with anyio.fail_after(PATIENCE_S):
            await second.wait()


async def test_a_producer_beyond_the_buffer_waits() -> None:
    may_show, texts = anyio.Event(), list[str]()

    async def show(_: str, text: str) -> None:
        await may_show.wait()
        texts.append(text)

    async def bring() -> None:
        await put("text", "x" * MAX_CHARS)
        await put("text", "y" * MAX_CHARS)
        await put("text", "z")
        assert may_show.is_set()

    async with joined_text(show, join_s=60) as put:
        with anyio.fail_after(PATIENCE_S):
            async with anyio.create_task_group() as group:
                group.start_soon(bring)
                await anyio.lowlevel.checkpoint()
                may_show.set()

    assert "".join(texts) == "x" * MAX_CHARS + "y" * MAX_CHARS + "z"


async def test_no_line_is_cut_that_may_wait_in_whole() -> None:
    shown = Shown()
    lines = "".join(f"{'x' * length}\n" for length in range(500))

    async with joined_text(shown, join_s=0) as put:
        with anyio.fail_after(PATIENCE_S):
            await put("stdout", "before\n")
            await put("stderr", lines)

    assert shown.texts[0] == "before\n"
    assert "".join(shown.texts[1:]) == lines
    assert all(text.endswith("\n") and len(text) <= MAX_CHARS for text in shown.texts)


async def test_a_line_that_is_longer_than_what_may_wait_is_cut_where_it_must_be() -> None:
    shown = Shown()
    long = "y" * (2 * MAX_CHARS + 1) + "\n"

    async with joined_text(shown, join_s=0) as put:
        with anyio.fail_after(PATIENCE_S):
            await put("text", "before\n")
            await put("text", long)

    assert "".join(shown.texts) == f"before\n{long}"
    assert [len(text) for text in shown.texts[1:]] == [MAX_CHARS, MAX_CHARS, 2]


async def test_pieces_of_different_kinds_stay_apart_and_in_their_order() -> None:
    shown = Shown()

    async with joined_text(shown, join_s=60) as put:
        for kind, text in [("a", "1"), ("a", "2"), ("b", "3"), ("a", "4"), ("a", "5")]:
            await put(kind, text)

    assert list(zip(shown.kinds, shown.texts, strict=True)) == [
        ("a", "12"),
        ("b", "3"),
        ("a", "45"),
    ]


async def test_a_long_text_is_cut_into_pieces() -> None:
    shown = Shown()

    async with joined_text(shown, join_s=60) as put:
        await put("text", "x" * (2 * MAX_CHARS + 1))

    assert [len(text) for text in shown.texts] == [MAX_CHARS, MAX_CHARS, 1]


async def test_an_error_within_comes_out_as_it_is_after_the_last_text() -> None:
    shown = Shown()

    with pytest.raises(ValueError, match="broken"):
        async with joined_text(shown, join_s=60) as put:
            await put("text", "last words")
            raise ValueError("broken")

    assert shown.texts == ["last words"]


async def test_an_error_while_showing_ends_the_producer() -> None:
    async def show(_: str, __: str) -> None:
        raise ValueError("gone")

    with anyio.fail_after(PATIENCE_S), pytest.raises(ValueError, match="gone"):
        async with joined_text(show) as put:
            await put("text", "hello")
            await anyio.sleep_forever()
