"""Follows a stream with httpx-sse to its end, with a new connection after each cut."""

import sys
import time

import httpx
from httpx_sse import connect_sse

from tests.e2e.clients.programs.event_output import print_event


def follow(url: str) -> None:
    last_id, retry_s = "", 0.2
    with httpx.Client(timeout=30, trust_env=False) as http:
        while True:
            headers = {"Last-Event-ID": last_id} if last_id else {}
            try:
                with connect_sse(http, "GET", url, headers=headers) as source:
                    if source.response.status_code == httpx.codes.NO_CONTENT:
                        return
                    for event in source.iter_sse():
                        print_event(id=event.id, event=event.event, data=event.data)
                        last_id = event.id or last_id
            except httpx.TransportError:
                time.sleep(retry_s)


if __name__ == "__main__":
    follow(sys.argv[1])
