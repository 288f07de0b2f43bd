"""The output of the client programs: a line of JSON for each event."""

import json
import sys


def print_event(*, id: str, event: str, data: str) -> None:
    line = {"id": id, "event": event, "data": json.loads(data)}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
