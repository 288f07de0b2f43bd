"""A server listens soon: what its first request does not need is loaded and made later."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fastapi.routing import APIRoute
from typing_extensions import is_typeddict

from tests.architecture.test_container import container
from tests.patience import PATIENCE_S

LATER = (
    "alembic",
    "anthropic",
    "genai_prices",
    "httpx",
    "httpx2",
    "jsonpath",
    "mcp",
    "openai",
    "pyte",
    "sqlalchemy.dialects.postgresql",
)
"""What is loaded with the first task, rule, page or database that asks for it."""
IN_A_TASK = """
import asyncio, contextlib, sys, threading
from adapters.mcp.mcp_tool_source import McpToolSource
from adapters.tools.fetch_url import FetchUrlTool
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed, ToolError
from domain.mcp_server import McpServer

nowhere = "http://127.0.0.1:1/"
profile = AgentProfile(name="a", kind="react", mcp_servers={"s": McpServer(url=nowhere)})
on_the_loop = {}

def note(event, arguments):
    if event == "import":
        is_main = threading.current_thread() is threading.main_thread()
        on_the_loop.setdefault(arguments[0], is_main)

async def main():
    with contextlib.suppress(ToolError):
        await FetchUrlTool().call({"url": nowhere}, None)
    with contextlib.suppress(StartFailed):
        async with McpToolSource(None).open(profile=profile, task_id="t", workspace="/"):
            pass

sys.addaudithook(note)
asyncio.run(main())
print(*(name for name in ("httpx2", "mcp") if on_the_loop[name]))
"""


def test_nothing_is_loaded_that_serving_does_not_begin_with() -> None:
    program = f"import entrypoints.cli.commands.serve, entrypoints.server, sys; print(*{set(LATER)!r} & sys.modules.keys())"

    assert _printed_by(program) == []


def test_what_a_task_loads_is_loaded_beside_the_loop() -> None:
    assert _printed_by(IN_A_TASK) == []


def test_how_an_answer_is_written_is_found_out_with_the_first(tmp_path: Path) -> None:
    before = {id(route) for route in _routes()}
    _app = container(tmp_path).http.application()

    made = [route for route in _routes() if id(route) not in before]
    answers = [answer for route in made for answer in _answers(route)]
    at_once = {answer.__name__ for answer in answers if not _is_deferred(answer)}

    assert len(answers) > 20
    assert at_once == set()


def _printed_by(program: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return ended.stdout.split()


def _routes() -> Iterator[APIRoute]:
    return (thing for thing in gc.get_objects() if isinstance(thing, APIRoute))


def _answers(route: APIRoute) -> Iterator[type]:
    """As far as they are objects of named fields."""
    others = (response.get("model") for response in route.responses.values())
    return (model for model in (route.response_model, *others) if is_typeddict(model))


def _is_deferred(answer: type) -> bool:
    config = getattr(answer, "__pydantic_config__", {})
    return config.get("defer_build") is True
