"""Fakes on the PATH for the commands of the documentation.

| command | what it is here | why |
|---|---|---|
| `agentcast`, `python` | the real ones, forked from a process that has loaded them | time |
| `curl` | the real one, which fails where the server refuses | so that a block fails with it |
| `make` | the real one with `-n`: the target exists | its targets run these tests |
| `npm` | tests that print counts; `install` does nothing | it would load what no test needs |
| `pip` | does nothing | it only installs |
| `claude`, `codex`, `gemini` | print what the real ones printed once | they need a key |
| `jq` | the real one, or what reads one field | not every machine has it |
"""

import shutil
import sys
from pathlib import Path

from tests.cli_fork_server import write_client
from tests.e2e.docs.blocks import REPOSITORY

_CAPTURES = REPOSITORY / "tests" / "data" / "cli_agents"
_NPM = """\
case $1 in
--version) echo 11.0.0 ;;
test) echo "Tests:       1 failed, 12 passed, 13 total"; echo "see http://127.0.0.1:1/report" ;;
install) ;;
*) echo "npm: no stand-in for $1" >&2; exit 1 ;;
esac
"""
_JQ = """\
import json, sys
for line in sys.stdin:
    print(json.loads(line).get(sys.argv[-1].lstrip(".")))
"""


def write_fake_programs(folder: Path) -> None:
    write_client(folder / "agentcast", program="agentcast")
    write_client(folder / "python", program="python")
    _script(folder / "curl", f'exec {_real("curl")} --fail-with-body "$@"')
    _script(folder / "make", f'exec {_real("make")} -n -C {REPOSITORY} "$@"')
    _script(folder / "npm", _NPM)
    _script(folder / "pip", '[ "$1" = install ]')
    for name, capture in (
        ("claude", "claude-code/print_stream_json.stdout.jsonl"),
        ("codex", "codex/exec_json.stdout.jsonl"),
        ("gemini", "gemini-cli/p_stream_json.stdout.jsonl"),
    ):
        _script(folder / name, f"cat {_CAPTURES / capture}")
    if shutil.which("jq") is None:
        (folder / "jq").write_text(f"#!{sys.executable} -IS\n{_JQ}")
        (folder / "jq").chmod(0o755)


def _script(path: Path, code: str) -> None:
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)


def _real(name: str) -> str:
    found = shutil.which(name)
    assert found is not None, f"{name} is needed for the commands of the documentation"
    return found
