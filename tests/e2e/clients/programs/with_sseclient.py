"""Follows a stream with sseclient-py over requests to its end, with a new connection after each cut."""

import sys
import time

import requests
import sseclient

from tests.e2e.clients.programs.event_output import print_event


def follow(url: str) -> None:
    last_id, retry_s = "", 0.2
    with requests.Session() as http:
        http.trust_env = False
        while True:
            headers = {"Last-Event-ID": last_id} if last_id else {}
            try:
                with http.get(url, headers=headers, stream=True, timeout=30) as response:
                    if response.status_code == requests.codes.no_content:
                        return
                    pieces = response.iter_content(128)
                    for event in sseclient.SSEClient(pieces).events():
                        print_event(id=event.id or "", event=event.event, data=event.data)
                        last_id = event.id or last_id
            except requests.RequestException:
                time.sleep(retry_s)


if __name__ == "__main__":
    follow(sys.argv[1])
