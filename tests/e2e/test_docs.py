"""Every code block of README and the docs is run, as it is printed, by what runs its language.

Commands, and the programs that they start, are in `test_docs_shell.py`; what needs Node or a browser
is in `test_docs_scripts.py`.
"""

import json
import re
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path

import anyio
import httpx2
import pytest
from msgspec import convert

from adapters.http.answers.openapi import event_schemas, frame_schemas
from domain.events import EVENT_CLASSES
from entrypoints.cli.app import main
from entrypoints.cli.rule_file import rules_of_file
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import load_settings
from tests.e2e.client import Client
from tests.e2e.docs.blocks import REPOSITORY, Block, blocks, blocks_of, pages
from tests.e2e.running_server import RunningServer
from tests.e2e.ws_client import ws_client
from tests.patience import PATIENCE_S

LANGUAGES = {
    "sh": "carried out in one terminal, page by page",
    "python": "a file of the page, which a command of the page runs",
    "js": "run by Node or in a browser",
    "toml": "loaded as settings, each agent of it shown by every route; or as rules",
    "json": "read as the event that it is",
    "sse": "frames with the fields that the API describes",
    "websocket": "sent to a server, whose answers are as printed",
    "script": "submitted as a task of the scripted model",
    "promql": "of names and labels that a server has",
    "text": "what the last endless command comes to print",
    "house": "of layers and rooms, in the order of the contracts",
    "diagram": "of layers and classes that there are",
}
_TAGGED = re.compile(r"(\d+)-[0-9a-f]{8}")


def test_every_block_is_run_by_something() -> None:
    unclaimed = {
        block.name: block.language
        for page in pages()
        for block in blocks_of(page)
        if block.language not in LANGUAGES
    }

    assert unclaimed == {}, f"fence the block and name its language: {sorted(LANGUAGES)}"


def test_every_program_is_run_by_a_command_of_its_page() -> None:
    left = [block.name for block in blocks("python") if block.file is None or not is_run(block)]

    assert left == []


def is_run(program: Block) -> bool:
    commands = [block.text for block in blocks_of(program.page) if block.language == "sh"]
    return any(
        f"python {program.file}" in command or f"pytest {program.file}" in command
        for command in commands
    )


@pytest.mark.parametrize("block", blocks("toml"), ids=lambda block: block.name)
async def test_settings_are_loaded_and_every_agent_of_them_is_shown_by_every_route(
    block: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / (block.file or "agentcast.toml")
    file.write_text(block.text)
    monkeypatch.chdir(tmp_path)
    tables = tomllib.loads(block.text)
    if "rules" in tables:
        assert len(rules_of_file(file)) == len(tables["rules"])
        return

    assert main(["agents", "--json"]) == 0
    listed_here = {json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()}
    async with api(tmp_path) as http:
        listed = {agent["name"]: agent for agent in (await http.get("/agents")).json()["items"]}
        for name, profile in tables["agents"].items():
            shown = await http.get(f"/agents/{name}")
            put = await http.put(f"/agents/{name}", json=profile)
            again = await http.get("/agents")

            assert name in listed_here
            assert shown.json() == listed[name]
            assert (put.status_code, again.status_code) == (200, 200), put.text
            assert put.json() == {**listed[name], "source": "api"}
            assert put.json() in again.json()["items"]


@asynccontextmanager
async def api(folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    settings = load_settings(data_dir=folder / "data", database_url="memory:")
    container = Container(
        settings=settings, worker_settings=server_worker(settings, instance="test")
    )
    async with opened(container):
        transport = httpx2.ASGITransport(app=container.http.application())
        url = "http://localhost:8080/api/v1"
        async with httpx2.AsyncClient(transport=transport, base_url=url) as http:
            yield http


@pytest.mark.parametrize("block", blocks("json"), ids=lambda block: block.name)
def test_an_event_has_the_fields_that_are_printed(block: Block) -> None:
    described = json.loads(block.text)
    event = EVENT_CLASSES[described.pop("event_type")]

    assert {*described} <= {field.name for field in fields(event)}
    convert(described, event)


@pytest.mark.parametrize("block", blocks("sse"), ids=lambda block: block.name)
def test_a_frame_has_the_lines_and_fields_that_are_described(block: Block) -> None:
    lines = dict(line.split(": ", 1) for line in block.text.splitlines())
    data = json.loads(lines["data"])
    described = frame_schemas().get(f"Stream{lines['event'].title()}")

    if described is None:
        described = event_schemas()[EVENT_CLASSES[lines["event"]].__name__]
        assert lines["id"].startswith(f"{data['seq']}-")
        assert data["event_type"] == lines["event"]
    assert set(described.get("required", ())) <= data.keys() <= described["properties"].keys()


async def test_messages_over_a_websocket_are_answered_as_printed(
    shared_server: RunningServer,
) -> None:
    lines = [line for block in blocks("websocket") for line in block.text.splitlines()]
    expected = [like(line) for line in lines if line.startswith("<- ")]
    async with ws_client(shared_server) as client:
        for line in lines:
            if line.startswith("-> "):
                await client.socket.send(line.removeprefix("-> "))
        with anyio.fail_after(PATIENCE_S):
            while expected:
                message = await client.next()
                expected = [one for one in expected if not matches(one, message)]


def like(line: str) -> object:
    message: object = json.loads(line.removeprefix("<- ").replace(", …", ', "…": "…"'))
    return message


def matches(expected: object, actual: object) -> bool:
    """`…` is anything, also further members; of a cursor only the number is compared."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        names = expected.keys() - {"…"}
        are_all = names == actual.keys() or ("…" in expected and names <= actual.keys())
        return are_all and all(matches(expected[name], actual[name]) for name in names)
    if isinstance(expected, str) and isinstance(actual, str):
        return expected == "…" or _TAGGED.sub(r"\1", expected) == _TAGGED.sub(r"\1", actual)
    return expected == actual


@pytest.mark.parametrize("block", blocks("script"), ids=lambda block: block.name)
async def test_a_script_is_carried_out_to_its_answer(
    block: Block, client: Client, session_id: str
) -> None:
    task_id = await client.submit(block.text, session_id=session_id, agent="react")
    task = await client.finished(task_id)

    answer = block.text.rpartition("answer ")[2].partition("{result}")[0]
    assert task["status"] == "completed"
    assert answer in str(task["result"])


@pytest.mark.parametrize("block", blocks("promql"), ids=lambda block: block.name)
async def test_queries_name_metrics_and_labels_that_there_are(
    block: Block, client: Client, session_id: str
) -> None:
    await client.finished(await client.submit("false", session_id=session_id))
    metrics = (await client.request("GET", "/metrics")).text

    named = re.findall(r"(agentcast_\w+)(?:\{(\w+)=\"(\w+)\"\})?", block.text)
    for name, label, value in named:
        labels = rf'\{{[^}}]*{label}="{value}"' if label else ""
        assert re.search(rf"^{name}{labels}", metrics, re.MULTILINE), name
    for label in re.findall(r"by \((\w+)\)", block.text):
        assert re.search(rf'^agentcast_tasks_ended_total\{{[^}}]*{label}="', metrics, re.MULTILINE)


@pytest.mark.parametrize("block", blocks("diagram"), ids=lambda block: block.name)
def test_a_drawing_names_the_layers_in_their_order_and_classes_that_there_are(
    block: Block,
) -> None:
    layers = ["entrypoints", "adapters", "application", "ports", "domain"]
    source = "\n".join(path.read_text() for path in REPOSITORY.glob("src/**/*.py"))

    drawn = [line.split()[0] for line in block.text.splitlines() if "  " in line and line.split()]
    assert [word for word in drawn if word in layers] == layers
    for name in re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", block.text):
        assert f"class {name}" in source or f"{name} = " in source, name


def test_no_text_is_left_that_no_command_prints() -> None:
    for page in pages():
        found = blocks_of(page)
        first_text = next((n for n, block in enumerate(found) if block.language == "text"), None)
        if first_text is not None:
            assert any(block.is_endless for block in found[:first_text]), found[first_text].name
