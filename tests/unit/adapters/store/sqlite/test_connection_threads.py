"""Threads with a connection each, when their start is cancelled."""

import asyncio
import sqlite3
import threading

import pytest
from sqlalchemy import create_engine

from adapters.store.sqlite.connection_threads import ConnectionThreads
from tests.patience import PATIENCE_S

NAME = "cancelled-start"


async def test_a_thread_that_connects_while_its_start_is_cancelled_is_stopped_too() -> None:
    may_connect = threading.Event()

    def connect() -> sqlite3.Connection:
        may_connect.wait(PATIENCE_S)
        return sqlite3.connect(":memory:", check_same_thread=False)

    threads = ConnectionThreads(create_engine("sqlite://", creator=connect), name=NAME, count=1)
    starting = asyncio.create_task(threads.start())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    may_connect.set()
    threads.stop()

    assert [thread.name for thread in threading.enumerate() if NAME in thread.name] == []
