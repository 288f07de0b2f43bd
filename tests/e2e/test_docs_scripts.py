"""Every script of the docs follows a task to its end, in Node or in a browser, as it is printed."""

import asyncio
import json
import shutil
from pathlib import Path

import anyio
import pytest

from tests.e2e.browser import browser
from tests.e2e.client import Client
from tests.e2e.docs.blocks import REPOSITORY, Block, blocks
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.load

PACKAGES = REPOSITORY / "tests" / "e2e" / "clients" / "node_modules"
IN_NODE = [block for block in blocks("js") if "import " in block.text]
IN_A_BROWSER = [block for block in blocks("js") if "import " not in block.text]
BEFORE = """\
globalThis.url = process.argv[2];
// Some are made for browsers: these are all that they ask of one.
globalThis.window = globalThis;
globalThis.addEventListener = () => {};
globalThis.document = { addEventListener() {}, removeEventListener() {}, hidden: false };
const ask = fetch;
globalThis.fetch = async (...request) => {
  const answer = await ask(...request);
  process.stderr.write(`${answer.status}\\n`);
  return answer;
};
"""


@pytest.mark.parametrize("block", IN_NODE, ids=lambda block: block.name)
async def test_a_script_for_node_follows_a_task_to_its_end(
    block: Block, client: Client, session_id: str, tmp_path: Path
) -> None:
    assert PACKAGES.is_dir(), f"run: npm ci --ignore-scripts --prefix {PACKAGES.parent}"
    task_id = await client.submit("echo one; echo two", session_id=session_id)
    await client.finished(task_id)
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "before.mjs").write_text(BEFORE)
    (tmp_path / "script.mjs").write_text(block.text)
    url = client.url(f"/api/v1/tasks/{task_id}/events")
    process = await asyncio.create_subprocess_exec(
        shutil.which("node") or "node",
        "--import",
        "./before.mjs",
        "script.mjs",
        url,
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    answers: list[bytes] = []
    try:
        with anyio.fail_after(PATIENCE_S):
            while b"204" not in answers and (line := await process.stderr.readline()):
                answers.append(line.strip())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

    is_over = answers == [b"200"] and process.returncode == 0
    assert is_over or answers == [b"200", b"204"]


@pytest.mark.parametrize("block", IN_A_BROWSER, ids=lambda block: block.name)
async def test_a_script_for_browsers_shows_a_task_to_its_end(
    block: Block, client: Client, session_id: str
) -> None:
    task_id = await client.submit("echo one; echo two", session_id=session_id)
    async with browser() as chromium:
        page = await chromium.page(client.url("/docs"))
        await page.until("document.readyState === 'complete'")
        await page.value(
            f"globalThis.id = {json.dumps(task_id)}; globalThis.shown = [];"
            "globalThis.show = (line) => shown.push(line);"
            "globalThis.done = () => { globalThis.isDone = true; };"
        )
        await page.value(f"{block.text};0")
        await page.until("globalThis.isDone")

        assert await page.value("shown") == ["one", "two"]
