"""Five packages lie directly under src, and their names are nobody else's."""

from importlib.metadata import packages_distributions
from pathlib import Path

from tests.architecture.source_file import LAYERS, SOURCE


def test_src_holds_the_five_layers_and_nothing_else() -> None:
    found = {path.name for path in SOURCE.iterdir() if path.name != "__pycache__"}

    assert found == set(LAYERS)


def test_every_folder_of_source_is_a_package() -> None:
    folders = {path.parent for path in SOURCE.rglob("*.py")}

    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_no_other_installed_distribution_has_a_package_of_these_names() -> None:
    owners = {name for layer in LAYERS for name in packages_distributions().get(layer, ())}

    assert owners <= {"agentcast"}


def test_the_layers_that_are_imported_are_the_ones_of_this_tree() -> None:
    folders = {Path(__import__(layer).__path__[0]) for layer in LAYERS}

    assert folders == {SOURCE / layer for layer in LAYERS}
