"""The page shows an agent's messages, and folds its reasoning, in a real browser."""

from pathlib import Path

import pytest

from tests.e2e.browser import browser
from tests.e2e.client import client_of
from tests.e2e.running_server import running_server
from tests.model_replies import Answer, AskedCall
from tests.model_server import model_server

pytestmark = pytest.mark.load

REPLIES = [
    Answer(
        reasoning=("Hm, ", "I look."),
        text=("I ", "look."),
        calls=(AskedCall(tool_name="list_directory", arguments='{"path": "."}'),),
    ),
    Answer(reasoning=("Then ", "so."), text=("All ", "done.")),
]
ROWS = "[...document.querySelectorAll('#events li.thinking')]"
TEXTS = (
    f"{ROWS}.filter((row) => row.querySelector('.type').textContent === '%s')"
    ".map((row) => row.querySelector('.text').textContent)"
)
BLANKED = """
window.blanked = 0;
addEventListener("load", () => {
  const texts = () => [...document.querySelectorAll("#events .text")].map((one) => one.textContent);
  let before = texts();
  new MutationObserver(() => {
    const now = texts();
    window.blanked += before.filter((text, at) => !now[at].startsWith(text)).length;
    before = now;
  }).observe(document.getElementById("events"), {childList: true, subtree: true});
});
"""


async def test_reasoning_is_folded_and_the_answer_shown_and_neither_is_blanked(
    tmp_path: Path,
) -> None:
    async with model_server(REPLIES) as model, browser() as chromium:
        with running_server(tmp_path / "data", OPENAI_BASE_URL=model.base_url) as server:
            page = await chromium.page(f"{server.base_url}#talk", first=BLANKED)
            await page.until("document.getElementById('connection')?.dataset.state === 'live'")
            async with client_of(server) as client:
                await client.submit("Do it", session_id="talk", agent="react")
            await page.until("document.querySelector('#events li.done')")

            assert await page.value(TEXTS % "thought") == ["Hm, I look.", "Then so."]
            assert await page.value(TEXTS % "message") == ["I look.", "All done."]
            open_or_not = (
                "[...document.querySelectorAll('#events details')].map((one) => one.open)"
            )
            assert await page.value(open_or_not) == [False, False]
            assert await page.value("window.blanked") == 0
