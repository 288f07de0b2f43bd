"""How the programs tell what they have seen: a line of JSON for each event."""

import json
import sys


def report_findings(*, id: str, event: str, data: str) -> None:
    told = {"id": id, "event": event, "data": json.loads(data)}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
