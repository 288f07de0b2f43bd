"""Times a plain request, again and again, from a process of its own.

python -m benchmarks.probe PORT PATH SECONDS
"""

import sys
import time
from http.client import HTTPConnection
from subprocess import PIPE, Popen

from benchmarks.meter import percentile

_PAUSE_S = 0.02


class Probe:
    """Runs beside the load; it has its own interpreter, so that the client's work is not timed."""

    def __init__(self, *, port: int, path: str, seconds: float) -> None:
        command = [sys.executable, "-m", "benchmarks.probe", str(port), path, str(seconds)]
        self._process = Popen(command, stdout=PIPE)
        self._patience_s = seconds + 60

    def p99_ms(self) -> float:
        """Waits for its end."""
        try:
            output, _ = self._process.communicate(timeout=self._patience_s)
        finally:
            self._process.kill()
            self._process.wait()
        return float(output)


def _timed(*, port: int, path: str, seconds: float) -> list[float]:
    http = HTTPConnection("127.0.0.1", port, timeout=30)
    times_ms = []
    until = time.monotonic() + seconds
    while (sent := time.monotonic()) < until:
        http.request("GET", path)
        answer = http.getresponse()
        answer.read()
        times_ms.append((time.monotonic() - sent) * 1e3)
        if answer.status != 200:
            raise ConnectionError(f"{path}: {answer.status}")
        time.sleep(_PAUSE_S)
    http.close()
    return times_ms


if __name__ == "__main__":
    _port, _path, _seconds = sys.argv[1:]
    _times_ms = _timed(port=int(_port), path=_path, seconds=float(_seconds))
    sys.stdout.write(str(percentile(_times_ms, 99)))
