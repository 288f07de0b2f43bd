"""What is shipped is what is here: the five packages, their pages, their migrations."""

from configparser import ConfigParser
from importlib.metadata import EntryPoint, packages_distributions, requires
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.linted_tree import PROJECT
from tests.architecture.source_file import LAYERS, SOURCE, source_files


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

    pages, versions = "adapters/http/pages", "adapters/store/schema/migrations/versions"
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
    assert scripts == {"agentcast": "entrypoints.cli.start:main"}
    assert callable(EntryPoint("agentcast", scripts["agentcast"], "console_scripts").load())


def test_all_that_it_imports_comes_with_it_or_its_extras_and_not_only_with_its_tests() -> None:
    imported = {name for file in source_files() for name in file.imported_packages}
    owners = packages_distributions()
    needed = {canonicalize_name(owner) for name in imported for owner in owners.get(name, ())}

    assert needed - brought_along("agentcast[all]") == set()


def brought_along(requirement: str) -> set[str]:
    """The names of the distributions that are installed with it, itself among them."""
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(requirement)]
    while waiting:
        asked = waiting.pop()
        for extra in {"", *asked.extras}:
            one = (canonicalize_name(asked.name), extra)
            if one not in found:
                found.add(one)
                needs = map(Requirement, requires(asked.name) or ())
                waiting += [
                    need
                    for need in needs
                    if need.marker is None or need.marker.evaluate({"extra": extra})
                ]
    return {name for name, _ in found}


def shipped(wheel: Path) -> set[str]:
    return {name for name in names(wheel) if ".dist-info/" not in name}


def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()
