"""Cursors as clients hold them."""

from collections.abc import Iterator, Mapping

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.cursor_store import MemoryCursorStore
from application.cursors.composite_cursor import (
    MAX_CHARS,
    NO_TASKS,
    CompositeCursor,
    Horizon,
    parse_composite,
)
from application.cursors.cursor import Cursor, parse_cursor
from application.cursors.cursor_changes import changes_since, with_changes
from application.cursors.cursor_handles import FRESH_S, PROMISED_S, CursorHandles
from application.cursors.cursor_writer import CursorWriter
from domain.errors import InvalidCursor
from domain.ids import SessionKey, Tag
from domain.principal import LOCAL, Principal
from tests.fakes import FakeClock

tags = st.integers(0, 2**32 - 1).map(lambda number: Tag(f"{number:08x}"))
cursors = st.builds(Cursor, st.integers(1, 10**17), tags)
composites = st.builds(
    lambda positions, horizon: CompositeCursor(positions=positions, horizon=horizon),
    st.dictionaries(st.integers(1, 2**60).map(SessionKey), cursors, max_size=200),
    st.just(NO_TASKS) | st.builds(Horizon, st.integers(1, 2**63 - 1), tags),
)
NO_CURSORS = (
    "",
    "m",
    "m.",
    "m.zz",
    "m.0.2",
    "m.0.1-1-xyz",
    "m.0" + ".1-1-0000000a" * 200,
    "1-0",
    "m.8c0b2f7ac0000",
    "m.0-0000000a",
    "m.ffffffffffffffff-0000000a",
    "m.0.ffffffffffffffff-1-0000000a",
    "m.0.1-8000000000000000-0000000a",
)
UNKNOWN = "h." + "0" * 32
STRANGER = Principal(tenant="local", owner="stranger", name="stranger")


class CountingStore(MemoryCursorStore):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.kept = 0

    async def keep(self, principal: Principal, handle: str, body: str, *, for_s: float) -> None:
        self.kept += 1
        await super().keep(principal, handle, body, for_s=for_s)


class ReadPositions(Mapping[SessionKey, Cursor]):
    def __init__(self, positions: Mapping[SessionKey, Cursor]) -> None:
        self._positions = positions
        self.reads = 0

    def __getitem__(self, key: SessionKey) -> Cursor:
        self.reads += 1
        return self._positions[key]

    def __iter__(self) -> Iterator[SessionKey]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)


def new_shelf() -> CursorHandles:
    clock = FakeClock()
    return CursorHandles(store=MemoryCursorStore(clock), clock=clock)


def over(sessions: int, *, horizon: int = 7) -> CompositeCursor:
    at = Cursor(1, Tag("0000000a"))
    return CompositeCursor(
        positions={SessionKey(key): at for key in range(1, sessions + 1)},
        horizon=Horizon(horizon, Tag("0000000c")),
    )


def moved(cursor: CompositeCursor, key: int, *, to: int) -> CompositeCursor:
    positions = {**cursor.positions, SessionKey(key): Cursor(to, Tag("0000000b"))}
    return CompositeCursor(positions=positions, horizon=cursor.horizon)


async def settled(writer: CursorWriter, cursor: CompositeCursor) -> str:
    writer.write(cursor)
    await writer.settle()
    return writer.write(cursor)


@given(cursors)
def test_a_cursor_is_read_back_as_it_was_written(cursor: Cursor) -> None:
    assert parse_cursor(str(cursor)) == cursor


@given(composites)
def test_a_composite_cursor_is_read_back_however_long_it_is(cursor: CompositeCursor) -> None:
    async def written_and_read() -> tuple[str, CompositeCursor | None]:
        shelf = new_shelf()
        text = await settled(CursorWriter(shelf, LOCAL), cursor)
        return text, await shelf.read(LOCAL, text)

    text, read = anyio.run(written_and_read)

    assert len(text) <= MAX_CHARS
    assert read == cursor


@given(composites, composites)
def test_any_cursor_can_be_told_by_what_differs_from_any_other(
    base: CompositeCursor, cursor: CompositeCursor
) -> None:
    assert with_changes(base, changes_since(base, cursor)) == cursor


async def test_every_place_of_a_long_cursor_is_exact_and_few_of_them_are_stored() -> None:
    clock = FakeClock()
    store = CountingStore(clock)
    shelf = CursorHandles(store=store, clock=clock)
    writer = CursorWriter(shelf, LOCAL)
    cursor = over(300)
    await settled(writer, cursor)

    for event in range(400):
        if writer.is_due:
            await writer.settle()
        cursor = moved(cursor, event % 300 + 1, to=event + 2)
        text = writer.write(cursor)
        assert len(text) <= MAX_CHARS
        assert await shelf.read(LOCAL, text) == cursor

    assert store.kept < 8


async def test_watchers_of_the_same_share_what_is_stored() -> None:
    clock = FakeClock()
    store = CountingStore(clock)
    shelf = CursorHandles(store=store, clock=clock)
    cursor = over(300)

    texts = {await settled(CursorWriter(shelf, LOCAL), cursor) for _ in range(10)}

    assert (store.kept, len(texts)) == (1, 1)


async def test_a_cursor_that_does_not_fit_yet_is_told_by_the_last_that_did() -> None:
    writer = CursorWriter(new_shelf(), LOCAL)
    short = writer.write(over(3))

    assert writer.write(over(300)) == short
    assert writer.is_due


def test_a_cursor_that_has_not_moved_is_not_written_again() -> None:
    writer = CursorWriter(new_shelf(), LOCAL)
    positions = ReadPositions(over(3).positions)
    text = writer.write(CompositeCursor(positions=positions))
    reads = positions.reads

    assert writer.write(CompositeCursor(positions=positions)) == text
    assert positions.reads == reads > 0


async def test_another_owner_reads_nothing_of_it() -> None:
    shelf = new_shelf()
    text = await settled(CursorWriter(shelf, LOCAL), over(300))

    assert await shelf.read(STRANGER, text) is None


async def test_a_cursor_can_be_read_for_a_day_after_it_was_given_out() -> None:
    clock = FakeClock()
    shelf = CursorHandles(store=MemoryCursorStore(clock), clock=clock)
    writer = CursorWriter(shelf, LOCAL)
    await settled(writer, over(300))
    clock.advance(FRESH_S - 1)
    text = await settled(writer, over(300, horizon=8))

    clock.advance(PROMISED_S)
    assert await shelf.read(LOCAL, text) == over(300, horizon=8)

    clock.advance(FRESH_S)
    assert await shelf.read(LOCAL, text) is None


async def test_a_base_that_has_grown_old_is_kept_anew() -> None:
    clock = FakeClock()
    store = CountingStore(clock)
    writer = CursorWriter(CursorHandles(store=store, clock=clock), LOCAL)
    await settled(writer, over(300))

    clock.advance(FRESH_S)
    await settled(writer, over(300))

    assert store.kept == 2


@given(st.text(max_size=100))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    async def read(text: str) -> None:
        await new_shelf().read(LOCAL, text)

    for parse in (parse_cursor, parse_composite, lambda text: anyio.run(read, text)):
        try:
            parse(text)
        except InvalidCursor as refused:
            assert refused.field == "cursor"


@pytest.mark.parametrize(
    "text",
    (
        *NO_CURSORS,
        *(UNKNOWN + rest for rest in ("", ".", ".1", ".0.x", ".x", ".0.ffffffffffffffff")),
    ),
)
async def test_what_only_resembles_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        parse_cursor(text)
    with pytest.raises(InvalidCursor):
        await new_shelf().read(LOCAL, text)


@pytest.mark.parametrize("text", [str(over(2)), UNKNOWN + ".0"])
def test_a_cursor_of_another_kind_of_stream_is_refused_as_that(text: str) -> None:
    with pytest.raises(InvalidCursor, match="of a stream of several sessions or an agent"):
        parse_cursor(text)


async def test_a_handle_that_is_no_longer_kept_is_told_apart_from_nonsense() -> None:
    assert await new_shelf().read(LOCAL, f"{UNKNOWN}.0") is None
