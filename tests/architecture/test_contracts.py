"""Every contract on imports holds, and breaks when an import breaks it."""

from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.architecture.linted_tree import PROJECT, LintedTree

BREACHES = {
    "layers": ("adapters.http.problems.problem", "entrypoints.settings.rule_settings"),
    "adapters": ("adapters.llm.script", "adapters.tools.arguments"),
    "driven": ("adapters.memory.wakeups", "application.cursors.cursor"),
    "rooms": ("application.upkeep.loop_lag", "application.watching.wake"),
    "http": ("adapters.http.answers.links", "adapters.http.protocol.listening_socket"),
    "store": ("adapters.store.postgres.errors", "adapters.store.sqlite.files"),
    "container": ("entrypoints.log_format", "dependency_injector"),
    "web": ("entrypoints.log_format", "uvicorn"),
    "database": ("adapters.memory.wakeups", "sqlite3"),
    "os": ("adapters.tools.shell", "subprocess"),
    "formats": ("adapters.http.problems.problem", "msgspec"),
    "acyclic": ("domain.ids", "domain.task"),
    "plain": ("domain.ids", "json"),
}
"""For each contract, a module and what it must not import."""


def contract_names() -> dict[str, str]:
    config = ConfigParser()
    config.read(PROJECT / ".importlinter")
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): config[section]["name"]
        for section in config.sections()
        if section.startswith(prefix)
    }


def test_the_tree_as_it_is_keeps_every_contract(tmp_path: Path) -> None:
    tree = LintedTree.copied_to(tmp_path)

    assert tree.results() == dict.fromkeys(contract_names().values(), "KEPT")


@pytest.mark.parametrize("contract", BREACHES)
def test_one_import_breaks_the_contract_that_forbids_it_and_no_other(
    contract: str, tmp_path: Path
) -> None:
    tree = LintedTree.copied_to(tmp_path)

    tree.add_import(*BREACHES[contract])

    assert tree.broken() == [contract_names()[contract]]


def test_every_contract_is_broken_once() -> None:
    assert list(BREACHES) == list(contract_names())


def test_a_new_adapter_must_be_listed(tmp_path: Path) -> None:
    tree = LintedTree.copied_to(tmp_path)

    (tree.folder / "src/adapters/teapot.py").write_text('"""Listed nowhere."""\n')

    assert tree.broken() == [contract_names()["adapters"]]
