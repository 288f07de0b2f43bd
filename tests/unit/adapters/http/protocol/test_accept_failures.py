import asyncio
import errno
import logging

import pytest

from adapters.http.protocol.listening_socket import AcceptFailures


async def test_attempts_that_find_no_descriptor_are_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    handle, loop = AcceptFailures(), asyncio.get_running_loop()

    for _ in range(2_000):
        handle(loop, {"message": "x", "exception": _error(errno.EMFILE), "socket": object()})

    assert caplog.messages == ["connections have to wait: Too many open files (1 attempts)"]


@pytest.mark.parametrize(
    "context",
    [
        {"message": "another fault", "exception": ValueError("x")},
        {"message": "another fault", "exception": OSError(errno.EMFILE, "too many")},
        {"message": "another fault"},
    ],
)
async def test_everything_else_is_logged_as_ever(
    caplog: pytest.LogCaptureFixture, context: dict[str, object]
) -> None:
    handle, loop = AcceptFailures(), asyncio.get_running_loop()

    handle(loop, context)
    handle(loop, context)

    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.message.splitlines()[0] for record in logged] == ["another fault"] * 2


def _error(number: int) -> OSError:
    return OSError(number, "Too many open files")
