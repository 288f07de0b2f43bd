"""The pages work offline and under a policy that allows no inline script."""

import re
from pathlib import Path

import pytest

import adapters.http
from domain.events import EVENT_CLASSES
from tests.http_app import World

PAGES = Path(adapters.http.__file__).parent / "pages"
HTML = sorted(PAGES.glob("*.html"))
SOURCES = sorted(path for path in PAGES.iterdir() if path.suffix in {".html", ".js", ".css"})


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/docs", "text/html; charset=utf-8"),
        ("/assets/app.js", "text/javascript; charset=utf-8"),
        ("/assets/app.css", "text/css; charset=utf-8"),
        ("/assets/icon.svg", "image/svg+xml"),
        ("/assets/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("/assets/swagger-ui.css", "text/css; charset=utf-8"),
    ],
)
async def test_pages_and_their_files_are_served(path: str, media_type: str) -> None:
    async with World().client() as client:
        response = await client.get(path)

    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/sessions/talk", "/tasks/task_1", "/sessions/not%20there"])
async def test_what_an_address_names_is_shown_by_the_page(path: str) -> None:
    async with World().client() as client:
        page = await client.get("/")
        named = await client.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        of_programs = await client.get(path, headers={"Accept": "application/json"})

    assert (named.status_code, named.content) == (200, page.content)
    assert (named.headers["cache-control"], named.headers["vary"]) == ("no-cache", "Accept")
    assert (of_programs.status_code, of_programs.json()["code"]) == (404, "not_found")
    assert "/api/v1/" in of_programs.json()["detail"]


@pytest.mark.parametrize(
    "name", ["nope.js", "index.html", "..%2Fapp.py", "%2e%2e/app.py", "app.js%00", ""]
)
async def test_nothing_else_is_served(name: str) -> None:
    async with World().client() as client:
        response = await client.get(f"/assets/{name}")

    assert response.status_code == 404


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_page_loads_anything_from_elsewhere(source: Path) -> None:
    text = source.read_text()

    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", text, re.IGNORECASE) == []
    assert "@import" not in text


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_no_page_has_inline_script_or_style(page: Path) -> None:
    text = page.read_text()

    assert (
        re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text) == []
    )


@pytest.mark.parametrize("script", sorted(PAGES.glob("*.js")), ids=lambda path: path.name)
def test_no_script_makes_markup_from_text(script: Path) -> None:
    text = script.read_text()

    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|Function\("
    assert re.findall(markup, text) == []


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
async def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    names = re.findall(r'(?:src|href)="(/[^"]*)"', text_of(page))
    async with World().client() as client:
        statuses = {name: (await client.get(name)).status_code for name in names}

    assert statuses == dict.fromkeys(names, 200)


def test_every_module_that_a_script_imports_is_there() -> None:
    scripts = (PAGES / "app.js").parent.glob("*.js")
    imported = {
        name for path in scripts for name in re.findall(r'from "\./(.+)"', path.read_text())
    }

    assert imported <= {path.name for path in PAGES.iterdir()}


def test_the_page_listens_to_every_event_there_is() -> None:
    listed = re.findall(r'"([a-z]+(?:_[a-z]+)*)"', (PAGES / "event_kinds.js").read_text())

    assert set(listed) - set(EVENT_CLASSES) == set()
    assert set(EVENT_CLASSES) - set(listed) == set()


def test_the_page_has_words_for_every_event() -> None:
    texts = text_of(PAGES / "event_text.js").partition("const TEXTS = {")[2].partition("\n};")[0]

    assert set(EVENT_CLASSES) - set(re.findall(r"^  ([a-z_]+):", texts, re.MULTILINE)) == set()


def test_every_field_of_the_form_has_a_label() -> None:
    text = (PAGES / "index.html").read_text()

    fields = set(re.findall(r'<(?:textarea|select|input) id="([^"]+)"', text))
    assert fields == set(re.findall(r'<label for="([^"]+)"', text))


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("task-state", "status"),
        ("note", "status"),
        ("older-count", "status"),
        ("asks-count", "status"),
        ("asks-news", "status"),
        ("asks-problem", "alert"),
        ("agents-problem", "alert"),
    ],
)
def test_changes_are_announced_to_screen_readers(name: str, role: str) -> None:
    text = (PAGES / "index.html").read_text()

    assert re.search(rf'<p id="{name}"[^>]* role="{role}"', text)


def text_of(path: Path) -> str:
    return path.read_text()
