"""Makes a server emit events: by a submitted task, or by a publisher where it runs no tasks."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from subprocess import Popen

from benchmarks.load import Load

PATIENCE_S = 60


def connected(load: Load) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", load.port, timeout=PATIENCE_S)


@contextmanager
def under_way(load: Load) -> Iterator[None]:
    """One submission to the load's session; a publisher ends with the block."""
    if load.submit:
        post(connected(load), load, session=load.session)
        yield
        return
    command = [sys.executable, "-m", "benchmarks.publisher", str(load.port)]
    publisher = Popen([*command, load.session, load.pulse])
    try:
        yield
    finally:
        publisher.terminate()
        publisher.wait()


def post(
    http: HTTPConnection, load: Load, *, session: str, first: int = 0, is_awaited: bool = False
) -> None:
    """Submits; awaited, it is answered when the work is done and all its events are stored."""
    # The body is JSON and full of braces, which `format` would read as its own.
    body = load.body.replace("{session}", session).replace("{first}", str(first))
    headers = {"Content-Type": "application/json"}
    if is_awaited:
        headers["Prefer"] = f"wait={PATIENCE_S}"
    http.request("POST", load.submit, body, headers)
    answer = http.getresponse()
    text = answer.read()
    if answer.status >= 400 or (is_awaited and answer.status != 200):
        raise ConnectionError(f"{answer.status}: {text.decode()}")
    if is_awaited and json.loads(text).get("status", "completed") != "completed":
        raise ConnectionError(f"the task did not complete: {text.decode()}")
