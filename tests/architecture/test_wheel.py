"""What is shipped is what is here: the five packages, their pages, their migrations."""

from configparser import ConfigParser
from importlib.metadata import EntryPoint
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.architecture.linted_tree import PROJECT
from tests.architecture.source_file import LAYERS, SOURCE


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    builder = WheelBuilder(str(PROJECT))
    built = builder.build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    return Path(next(iter(built)))


def test_the_wheel_holds_every_file_of_the_five_packages(wheel: Path) -> None:
    sources = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert shipped(wheel) == sources


def test_pages_and_migrations_are_among_them(wheel: Path) -> None:
    kinds = {(Path(name).parent.as_posix(), Path(name).suffix) for name in shipped(wheel)}

    pages, versions = "adapters/http/pages", "adapters/store/migrations/versions"
    assert {(pages, ".html"), (pages, ".js"), (pages, ".css"), (versions, ".py")} <= kinds


def test_nothing_but_the_packages_would_be_installed(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in names(wheel)}

    assert {top for top in tops if not top.endswith(".dist-info")} == set(LAYERS)


def test_the_command_is_there_and_leads_somewhere(wheel: Path) -> None:
    [metadata] = [name for name in names(wheel) if name.endswith("/entry_points.txt")]
    entry_points = ConfigParser()
    with ZipFile(wheel) as archive:
        entry_points.read_string(archive.read(metadata).decode())

    scripts = dict(entry_points["console_scripts"])
    assert scripts == {"agentcast": "entrypoints.cli.app:main"}
    assert callable(EntryPoint("agentcast", scripts["agentcast"], "console_scripts").load())


def shipped(wheel: Path) -> set[str]:
    return {name for name in names(wheel) if ".dist-info/" not in name}


def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()
