"""Follows a stream with Chromium's EventSource: serves it a page, and prints what that posts."""

import shutil
import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlencode

from tests.e2e.browser import CHROMIUM_FLAGS

PAGE = Path(__file__).parent
ORIGIN = "http://page.test"
"""Which the stream's server must allow; the browser resolves it to this program."""
_MEDIA = {".html": "text/html", ".js": "text/javascript"}


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    is_over = False

    def do_GET(self) -> None:
        file = PAGE / Path(self.path.partition("?")[0]).name
        found = file.suffix in _MEDIA and file.is_file()
        self._answer(
            200 if found else 404,
            file.read_bytes() if found else b"",
            media=_MEDIA.get(file.suffix, "text/plain"),
        )

    def do_POST(self) -> None:
        posted = self.rfile.read(int(self.headers["content-length"])).decode()
        if posted == '"closed"':
            Page.is_over = True
        else:
            sys.stdout.write(posted + "\n")
            sys.stdout.flush()
        self._answer(204, b"", media="text/plain")

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes, *, media: str) -> None:
        self.send_response(status)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)


def follow(url: str, types: str) -> None:
    with HTTPServer(("127.0.0.1", 0), Page) as server, tempfile.TemporaryDirectory() as profile:
        server.timeout = 60
        address = f"{ORIGIN}/browser.html?{urlencode({'url': url, 'types': types})}"
        browser = subprocess.Popen(
            [
                shutil.which("chromium") or "chromium",
                *CHROMIUM_FLAGS,
                f"--user-data-dir={profile}",
                f"--host-resolver-rules=MAP page.test 127.0.0.1:{server.server_port}",
                address,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while not Page.is_over:
                server.handle_request()
        finally:
            browser.terminate()
            browser.wait(10)


if __name__ == "__main__":
    follow(sys.argv[1], sys.argv[2])
