"""The table of what agents can do, in `docs/agents.md`, is what they did."""

import shutil
from pathlib import Path

import anyio
import pytest

from tests.e2e.agent_table import COLUMNS, ROWS, Row, table
from tests.e2e.agent_trials import Script, Trials
from tests.e2e.real_agents import PACKAGES, real_agents

WHOLE_S = 1200  # about 300 on two cores
DOCUMENT = Path(__file__).parents[2] / "docs" / "agents.md"


def test_the_table_in_the_documents_is_the_one_that_is_tested() -> None:
    assert table() in DOCUMENT.read_text()


def test_each_row_is_of_the_version_that_is_installed_for_it() -> None:
    installed = {name: package.rpartition("@")[2] for name, package in PACKAGES.items()}

    assert {one.program: one.version for one in ROWS if one.tried is None} == installed


def _is_here(one: Row) -> bool:
    return one.tried is None or shutil.which(one.program) is not None


@pytest.mark.load
async def test_every_cell_of_the_table_is_what_the_agent_does(tmp_path: Path) -> None:
    rows = [one for one in ROWS if _is_here(one)]
    script = Script()
    async with real_agents(tmp_path, script.reply) as (client, _):
        trials = Trials(client, script)
        with anyio.fail_after(WHOLE_S):
            async with anyio.create_task_group() as group:
                for one in rows:
                    group.start_soon(trials.of, one.agent)

    expected = {
        (one.agent, column): cell
        for one in rows
        for column, cell in zip(COLUMNS, one.cells, strict=True)
    }
    different = {
        key: (cell, trials.seen[key][-1:])
        for key, cell in trials.cells.items()
        if expected[key] != cell
    }
    assert different == {}
    assert trials.cells.keys() == expected.keys()
