"""A reader's terminal: carries out the shell blocks of one page, one after another."""

import os
import re
import select
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Condition, Thread

from tests.patience import PATIENCE_S

_ID = re.compile(r"\b(\d+)-[0-9a-f]{8}\b")


class Window:
    """A command that keeps running, and its output so far."""

    def __init__(self, code: str, *, folder: Path, env: Mapping[str, str]) -> None:
        self.text = ""
        self._has_more = Condition()
        self._process = subprocess.Popen(
            ["bash", "-c", code],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = Thread(target=self._read)
        self._reader.start()

    def until(self, is_shown: Callable[[str], bool]) -> None:
        with self._has_more:
            was_shown = self._has_more.wait_for(lambda: is_shown(self.text), PATIENCE_S)
        assert was_shown, f"it went no further than:\n{self.text}"

    def close(self) -> None:
        end_group(self._process)
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._has_more:
                self.text += line
                self._has_more.notify_all()


class Terminal:
    def __init__(self, folder: Path, *, scripts: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self._scripts = scripts
        self._env = env
        self._numbers = count(1)
        self.windows: list[Window] = []
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-u", "-o", "pipefail"],
            cwd=folder,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, code: str) -> str:
        """What it prints. Each of its commands must succeed."""
        script = self._scripts / f"{next(self._numbers)}.sh"
        script.write_text(code)
        output, errors, failed = (
            script.with_suffix(f".{end}") for end in ("out", "err", "failed")
        )
        stdin, stdout = self._shell.stdin, self._shell.stdout
        assert stdin is not None and stdout is not None
        stdin.write(f"trap 'echo \"exit $? of $BASH_COMMAND\" >>{failed}' ERR\n")
        stdin.write(f". {script} >{output} 2>{errors} </dev/null\necho done\n")
        stdin.flush()
        readable, _, _ = select.select([stdout], [], [], PATIENCE_S)
        is_done = bool(readable) and stdout.readline() == "done\n"
        mistakes = failed.read_text() if failed.exists() else ""
        assert is_done and not mistakes, f"{code}{mistakes}{errors.read_text()}"
        return output.read_text()

    def open(self, code: str) -> None:
        """Run it beside all else, until the terminal is closed; it has printed something."""
        self.windows.append(Window(code, folder=self.folder, env=self._env))
        self.windows[-1].until(bool)

    def until_shown(self, expected: str) -> None:
        """By the window that was opened last."""
        self.windows[-1].until(is_printed(expected))

    def seen_id(self, number: str) -> str:
        """The id, of an event of that number, that the last window shows."""
        is_it = re.compile(rf"^id: ({number}-[0-9a-f]{{8}})$", re.MULTILINE)
        window = self.windows[-1]
        window.until(lambda text: is_it.search(text) is not None)
        return str(is_it.findall(window.text)[-1])

    def close(self) -> None:
        for window in self.windows:
            window.close()
        end_group(self._shell)


def end_group(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Ends the process group with SIGTERM, or with SIGKILL if it does not end in time."""
    with process:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def terminal(folder: Path, *, scripts: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    opened = Terminal(folder, scripts=scripts, env=env)
    try:
        yield opened
    finally:
        opened.close()


def is_printed(expected: str) -> Callable[[str], bool]:
    """Whether such lines are in the output: `…` matches anything, and a cursor's tag any tag."""
    pattern = re.compile("^" + "\n".join(_patterns(expected.splitlines())), re.MULTILINE)
    return lambda printed: pattern.search(printed) is not None


def _patterns(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if line.strip() == "…":
            yield "(?:.*\n)*?.*"
        else:
            escaped = re.escape(_ID.sub(r"\1-00000000", line)).replace("…", ".*?")
            yield escaped.replace(r"\-00000000", "-[0-9a-f]{8}") + "$"
