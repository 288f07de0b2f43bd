"""The ids of streams over several sessions, however many there are."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.cursor_store import MemoryCursorStore
from application.cursors.composite_cursor import CompositeCursor, Horizon
from application.cursors.cursor import Cursor
from application.cursors.cursor_snapshots import (
    FRESH_S,
    MAX_CHARS,
    PROMISED_S,
    CursorSnapshots,
    CursorWriter,
)
from domain.errors import InvalidCursor
from domain.ids import SessionKey, Tag
from domain.principal import LOCAL, Principal
from tests.fakes import FakeClock

UNKNOWN = "h." + "0" * 32
STRANGER = Principal(tenant="local", owner="stranger", name="stranger")
OLD_TAG, NEW_TAG = Tag("0000000a"), Tag("0000000b")


class CountingStore(MemoryCursorStore):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.kept = 0

    async def keep(self, principal: Principal, handle: str, body: str, *, for_s: float) -> None:
        self.kept += 1
        await super().keep(principal, handle, body, for_s=for_s)


def new_snapshots() -> CursorSnapshots:
    clock = FakeClock()
    return CursorSnapshots(store=MemoryCursorStore(clock), clock=clock)


def over(sessions: int, *, horizon: int = 7) -> CompositeCursor:
    at = Cursor(1, OLD_TAG)
    return CompositeCursor(
        positions={SessionKey(key): at for key in range(1, sessions + 1)},
        horizon=Horizon(horizon, Tag("0000000c")),
    )


def moved(cursor: CompositeCursor, key: int, *, to: int) -> CompositeCursor:
    positions = {**cursor.positions, SessionKey(key): Cursor(to, NEW_TAG)}
    return CompositeCursor(positions=positions, horizon=cursor.horizon)


async def written(writer: CursorWriter, cursor: CompositeCursor) -> str:
    await writer.make_room(cursor)
    return writer.write(cursor)


@given(st.integers(0, 400), st.integers(1, 2**63 - 1))
def test_a_cursor_is_read_back_however_long_it_is(sessions: int, horizon: int) -> None:
    cursor = over(sessions, horizon=horizon)

    async def written_and_read() -> tuple[str, CompositeCursor | None]:
        snapshots = new_snapshots()
        text = await written(CursorWriter(snapshots, LOCAL), cursor)
        return text, await snapshots.read(LOCAL, text)

    text, read = anyio.run(written_and_read)

    assert len(text) <= MAX_CHARS
    assert read == cursor


async def test_every_id_of_a_long_cursor_is_exact_and_few_snapshots_are_kept() -> None:
    clock = FakeClock()
    store = CountingStore(clock)
    snapshots = CursorSnapshots(store=store, clock=clock)
    writer = CursorWriter(snapshots, LOCAL)
    cursor = over(300)

    for event in range(400):
        if not writer.has_room(cursor):
            await writer.make_room(cursor)
        key = event % 300 + 1
        cursor = moved(cursor, key, to=event + 2)
        [text] = writer.write_each(cursor, SessionKey(key), [Cursor(event + 2, NEW_TAG)])
        assert len(text) <= MAX_CHARS
        assert await snapshots.read(LOCAL, text) == cursor

    assert store.kept < 8


async def test_a_short_cursor_needs_no_snapshot() -> None:
    clock = FakeClock()
    store = CountingStore(clock)

    text = await written(CursorWriter(CursorSnapshots(store=store, clock=clock), LOCAL), over(2))

    assert text == "m.7-0000000c.1-1-0000000a.2-1-0000000a"
    assert store.kept == 0


async def test_streams_of_the_same_share_a_snapshot() -> None:
    clock = FakeClock()
    store = CountingStore(clock)
    snapshots = CursorSnapshots(store=store, clock=clock)
    cursor = over(300)

    texts = {await written(CursorWriter(snapshots, LOCAL), cursor) for _ in range(10)}

    assert (store.kept, len(texts)) == (1, 1)


async def test_a_cursor_that_does_not_fit_yet_has_the_last_id_that_did() -> None:
    writer = CursorWriter(new_snapshots(), LOCAL)
    writer.write(over(3))
    [short] = writer.write_each(moved(over(3), 3, to=2), SessionKey(3), [Cursor(2, NEW_TAG)])

    assert not writer.has_room(over(300))
    assert writer.write(over(300)) == short


async def test_a_cursor_that_fits_again_is_written_whole_when_a_snapshot_would_be_due() -> None:
    clock = FakeClock()
    store = CountingStore(clock)
    writer = CursorWriter(CursorSnapshots(store=store, clock=clock), LOCAL)
    await written(writer, over(300))

    clock.advance(FRESH_S)

    assert (await written(writer, over(1))).startswith("m.")
    assert store.kept == 1


async def test_another_owner_cannot_read_it() -> None:
    snapshots = new_snapshots()
    text = await written(CursorWriter(snapshots, LOCAL), over(300))

    assert await snapshots.read(STRANGER, text) is None


async def test_an_id_can_be_read_for_a_day_after_it_was_written() -> None:
    clock = FakeClock()
    snapshots = CursorSnapshots(store=MemoryCursorStore(clock), clock=clock)
    writer = CursorWriter(snapshots, LOCAL)
    await written(writer, over(300))
    clock.advance(FRESH_S - 1)
    text = await written(writer, over(300, horizon=8))

    clock.advance(PROMISED_S)
    assert await snapshots.read(LOCAL, text) == over(300, horizon=8)

    clock.advance(FRESH_S)
    assert await snapshots.read(LOCAL, text) is None


async def test_no_id_is_written_from_a_snapshot_that_is_old() -> None:
    clock = FakeClock()
    store = CountingStore(clock)
    writer = CursorWriter(CursorSnapshots(store=store, clock=clock), LOCAL)
    await written(writer, over(300))

    clock.advance(FRESH_S)
    assert not writer.has_room(over(300))
    await writer.make_room(over(300))

    assert writer.has_room(over(300))
    assert store.kept == 2


async def test_ids_that_earlier_servers_sent_are_read() -> None:
    clock = FakeClock()
    store = MemoryCursorStore(clock)
    snapshots = CursorSnapshots(store=store, clock=clock)
    body = "m.7-0000000c.1-1-0000000a.2-5-0000000b.1f-2a-0000000d"
    await store.keep(LOCAL, "5" * 32, body, for_s=PROMISED_S)

    whole = await snapshots.read(LOCAL, body)
    changed = await snapshots.read(LOCAL, f"h.{'5' * 32}.9-0000000e.1f-2b-0000000f.3-1-0000000a.1")

    assert whole == CompositeCursor(
        positions={
            SessionKey(1): Cursor(1, Tag("0000000a")),
            SessionKey(2): Cursor(5, Tag("0000000b")),
            SessionKey(31): Cursor(42, Tag("0000000d")),
        },
        horizon=Horizon(7, Tag("0000000c")),
    )
    assert changed == CompositeCursor(
        positions={
            SessionKey(2): Cursor(5, Tag("0000000b")),
            SessionKey(3): Cursor(1, Tag("0000000a")),
            SessionKey(31): Cursor(43, Tag("0000000f")),
        },
        horizon=Horizon(9, Tag("0000000e")),
    )


async def test_an_id_whose_snapshot_is_not_kept_is_not_refused_but_unknown() -> None:
    assert await new_snapshots().read(LOCAL, f"{UNKNOWN}.0") is None


@given(st.text(max_size=100))
def test_any_other_text_is_refused_and_nothing_worse(text: str) -> None:
    try:
        anyio.run(new_snapshots().read, LOCAL, text)
    except InvalidCursor as refused:
        assert refused.field == "cursor"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m",
        "m.",
        "m.0.2",
        "m.0\n",
        "m.0" + ".1-1-0000000a" * 200,
        "1-0000000a",
        *(UNKNOWN + rest for rest in ("", ".", ".1", ".0.x", ".x", ".0.ffffffffffffffff")),
    ],
)
async def test_a_text_that_only_resembles_an_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        await new_snapshots().read(LOCAL, text)
