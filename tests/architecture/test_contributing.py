"""What CONTRIBUTING says of the tree is so."""

import re
from configparser import ConfigParser
from itertools import takewhile
from pathlib import Path

from tests.architecture.linted_tree import PROJECT
from tests.architecture.source_file import SOURCE

TEXT = (PROJECT / "CONTRIBUTING.md").read_text()
PACKAGES = {"application": "rooms", "adapters/http": "http", "adapters/store": "store"}
"""Those that have rooms, and the contract that orders them."""


def test_the_picture_has_every_room_in_the_order_of_its_contract() -> None:
    for package, contract in PACKAGES.items():
        assert drawn_below(package) == rooms_of(contract), package


def test_every_path_that_it_names_is_there() -> None:
    names = re.findall(r"`((?:[a-z_*]+/)+[a-z_*.]*)`", TEXT)

    missing = [name for name in names if not any(found(name))]
    assert missing == []
    assert len(names) > 30


def test_every_question_is_answered_by_one_file() -> None:
    rows = re.findall(r"^\| (.*\?) \| `(.*)` \|$", TEXT, re.MULTILINE)

    assert [path for _, path in rows if not (SOURCE / path).is_file()] == []
    assert len(rows) >= 10


def found(name: str) -> list[Path]:
    return [
        path
        for root in (PROJECT, SOURCE, PROJECT / "tests")
        for path in root.glob(name.rstrip("/"))
    ]


def drawn_below(package: str) -> list[list[str]]:
    """The rooms of each line that is indented below the package's."""
    [picture] = re.findall(r"```house\n(.*?)```", TEXT, re.DOTALL)
    lines = picture.splitlines()
    [begin] = [at for at, line in enumerate(lines) if re.match(rf"  {package}\s", line)]
    below = takewhile(lambda line: line.startswith("    "), lines[begin + 1 :])
    return [re.split(r"\s{2,}", line.strip())[0].split(" | ") for line in below]


def rooms_of(contract: str) -> list[list[str]]:
    config = ConfigParser()
    config.read(PROJECT / ".importlinter")
    lines = config[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return [line.split(" | ") for line in lines if line.strip()]
