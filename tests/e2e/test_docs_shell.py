"""Every command of README and the docs works as it is printed.

Changed is only what a reader changes too: the address of the server, ports beside it, `/tmp`, and
an id such as `5-68586bea`, which becomes the one that was seen with this number.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.docs.blocks import REPOSITORY, Block, blocks_of, pages
from tests.e2e.docs.fake_programs import write_fake_programs
from tests.e2e.docs.terminal import Terminal, is_printed, terminal
from tests.e2e.running_server import RunningServer, clean_environment, running_server

_SERVER = re.compile(r"(?:127\.0\.0\.1|localhost):8080\b")
_OTHER_PORT = re.compile(r"(?:127\.0\.0\.1:|localhost:|PORT=)(?!8080\b)(\d+)")
_ID = re.compile(r"\b(\d+)-68586bea\b")
README = (REPOSITORY / "README.md").read_text()
PAGES = [page for page in pages() if any(block.language == "sh" for block in blocks_of(page))]


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README.md"])
def test_the_commands_of_a_page_work_one_after_another(
    page: str, shared_server: RunningServer, tmp_path: Path
) -> None:
    with reader(tmp_path, server=shared_server, page=page) as at:
        for block in blocks_of(page):
            at.carry_out(block)


def test_the_tour_of_the_readme_prints_what_it_shows(tmp_path: Path) -> None:
    sentence = re.search(r"The first terminal shows (.*?)\. ", README, re.DOTALL)
    assert sentence is not None
    promised = re.findall("`(.*?)`", sentence[1])
    with (
        running_server(tmp_path / "data") as server,
        reader(tmp_path / "reader", server=server, page="README.md") as at,
    ):
        for block in blocks_of("README.md"):
            at.carry_out(block)
            if block.is_endless and "seq 1 5" in block.text:
                pull_the_plug(at)
        first, resumed, _ = at.terminal.windows

    shown = re.findall("^event: (.*)$", first.text, re.MULTILINE)
    assert [name for name in shown if name in promised] == promised
    assert re.findall(r"^id: (\d+)-", resumed.text, re.MULTILINE)[:2] == ["5", "6"]


@dataclass(slots=True)
class Reader:
    terminal: Terminal
    server: RunningServer
    scratch: Path
    ports: dict[str, str]

    def carry_out(self, block: Block) -> None:
        """Or make the file that it is; what is of another language is run elsewhere."""
        if block.file is not None:
            (self.terminal.folder / block.file).write_text(self.as_here(block.text))
        elif block.language == "sh" and block.is_endless:
            self.terminal.open(self.as_here(block.text))
        elif block.language == "text":
            self.terminal.until_shown(block.text)
        elif block.language == "sh":
            printed = self.terminal.run(self.as_here(block.text))
            if block.printed is not None:
                assert is_printed(block.printed)(printed), f"{block.name} printed:\n{printed}"

    def as_here(self, code: str) -> str:
        code = _SERVER.sub(self.server.base_url.removeprefix("http://"), code)
        for port, free in self.ports.items():
            code = re.sub(rf"\b{port}\b", free, code)
        code = code.replace("/tmp/", f"{self.scratch}/")
        return _ID.sub(lambda match: self.terminal.seen_id(match[1]), code)


def pull_the_plug(at: Reader) -> None:
    """In the middle of a command, and come back with the last id that was seen."""
    at.terminal.windows[0].until(lambda text: "event: task_complete" in text)
    at.terminal.until_shown('data: …"line":"line 2",…')
    at.server.kill()
    at.server.start(port=int(at.server.base_url.rpartition(":")[2]))
    seen = at.terminal.windows[-1].text
    task, last = (re.findall(each, seen)[-1] for each in (r'"task_id":"(\w+)"', r"id: (\S+)\n"))
    url = f"{at.server.base_url}/api/v1/tasks/{task}/events"
    later = at.terminal.run(f'curl -N -H "Last-Event-ID: {last}" {url}')

    assert "event: task_interrupted" in later
    assert '"line":"line 2"' not in later


@contextmanager
def reader(folder: Path, *, server: RunningServer, page: str) -> Iterator[Reader]:
    """Somebody with a checkout and a server, before a terminal."""
    programs, checkout, scratch = (folder / name for name in ("bin", "checkout", "scratch"))
    for made in (programs, checkout / ".venv", scratch, folder / "home"):
        made.mkdir(parents=True)
    write_fake_programs(programs)
    (checkout / ".venv" / "bin").symlink_to(programs)
    (checkout / "README.md").write_text(README)
    plain = clean_environment(folder / "home")
    env = {
        **plain,
        "PATH": f"{programs}:{plain['PATH']}",
        "AGENTCAST_URL": server.base_url,
        "AGENTCAST_DATA_DIR": str(folder / "data"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they take longer to load than the test to run
    }
    code = "\n".join(block.text for block in blocks_of(page))
    ports = {port: _free_port() for port in _OTHER_PORT.findall(code)}
    with terminal(checkout, scripts=scratch, env=env) as opened:
        yield Reader(opened, server, scratch, ports)


def _free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])
