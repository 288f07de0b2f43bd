"""What every tool promises."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from adapters.tools.ask_user import AskUserTool
from adapters.tools.edit_file import EditFileTool
from adapters.tools.fetch_url import FetchUrlTool
from adapters.tools.fetched_pages import FetchedPages
from adapters.tools.list_directory import ListDirectoryTool
from adapters.tools.public_requests import PublicRequests
from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from adapters.tools.shell import ShellTool
from adapters.tools.update_plan import UpdatePlanTool
from adapters.tools.write_file import WriteFileTool
from domain.approval import EVERY_EFFECT, Effect
from domain.errors import ToolError
from domain.plan import Plan
from ports.tool import Tool, ToolContext, ToolResult
from tests.process_fakes import FakeProcess, FakeProcessHost, tool_context
from tests.web_pages import page, web_pages

READS: frozenset[Effect] = frozenset({"reads_private"})
NONE: frozenset[Effect] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    make: Callable[[], Tool]
    good: Mapping[str, object]
    effects: frozenset[Effect]
    path: bool = True


def _shell() -> Tool:
    process = FakeProcess()
    process.emit("output\n", "stdout")
    process.end()
    return ShellTool(process_host=FakeProcessHost(process))


class _FetchUrl:
    """With a page of its own, served at the valid URL."""

    spec = FetchUrlTool().spec

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        async def resolve(host: str, port: int) -> Sequence[str]:
            return ["127.0.0.1"]

        async with web_pages({"/": page(b"hello")}) as pages:
            given = arguments["url"]
            url = f"http://{pages.host}/" if given == PAGE else given
            requests = PublicRequests(resolve=resolve, allowed=[ip_network("127.0.0.0/8")])
            return await FetchUrlTool(FetchedPages(requests)).call(
                {**arguments, "url": url}, context
            )


PAGE = "http://pages.test/"
SUBJECTS = {
    "shell": Subject(make=_shell, good={"command": "ls"}, effects=EVERY_EFFECT, path=False),
    "read_file": Subject(make=ReadFileTool, good={"path": "file.txt"}, effects=READS),
    "write_file": Subject(
        make=WriteFileTool, good={"path": "new.txt", "content": "x"}, effects=NONE
    ),
    "edit_file": Subject(
        make=EditFileTool,
        good={"path": "file.txt", "old_text": "hello", "new_text": "bye"},
        effects=NONE,
    ),
    "list_directory": Subject(make=ListDirectoryTool, good={"path": "."}, effects=READS),
    "search_files": Subject(
        make=SearchFilesTool, good={"pattern": "*", "path": "."}, effects=READS
    ),
    "update_plan": Subject(
        make=UpdatePlanTool,
        good={"goal": "x", "phases": [{"id": "1", "name": "Do it", "status": "pending"}]},
        effects=NONE,
        path=False,
    ),
    "fetch_url": Subject(
        make=_FetchUrl,
        good={"url": PAGE},
        effects=frozenset({"untrusted_input", "external_effect"}),
        path=False,
    ),
    "ask_user": Subject(make=AskUserTool, good={"question": "Why?"}, effects=NONE, path=False),
}
OF_EVERY_TOOL = pytest.mark.parametrize("name", SUBJECTS)
OF_TOOLS_WITH_PATHS = pytest.mark.parametrize("name", [n for n, s in SUBJECTS.items() if s.path])


def context(workspace: str) -> ToolContext:
    """One in which somebody watches and answers."""

    async def show(plan: Plan) -> None:
        return

    async def answer(question: str, *, choices: Sequence[str] = ()) -> str:
        return "Because."

    return replace(tool_context(workspace), update_plan=show, ask=answer)


@pytest.fixture
def workspace(tmp_path: Path) -> str:
    """A folder with a file, beside a secret that links in it lead to."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "file.txt").write_text("hello\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret\n")
    (folder / "link").symlink_to(tmp_path / "outside")
    return str(folder)


@OF_EVERY_TOOL
async def test_its_schema_names_its_arguments(name: str) -> None:
    spec = SUBJECTS[name].make().spec

    assert spec.name == name
    assert spec.description
    assert spec.parameters["type"] == "object"
    properties = spec.parameters["properties"]
    assert isinstance(properties, dict)
    assert set(SUBJECTS[name].good) <= set(properties)


@OF_EVERY_TOOL
def test_the_guide_lists_required_and_optional_arguments(name: str) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "tools.md").read_text()
    arguments = guide.partition("## Arguments")[2].partition("\n## ")[0]
    row = arguments.partition(f"| `{name}` | ")[2].partition("\n")[0]
    spec = SUBJECTS[name].make().spec
    properties, required = spec.parameters["properties"], spec.parameters.get("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)

    for argument in properties:
        may_be_left_out = argument not in required
        assert (f"`{argument}`" in row, f"[`{argument}`" in row) == (True, may_be_left_out)


@OF_EVERY_TOOL
async def test_its_effects_are_declared(name: str) -> None:
    assert SUBJECTS[name].make().spec.effects == SUBJECTS[name].effects


@OF_EVERY_TOOL
async def test_good_arguments_give_a_result(name: str, workspace: str) -> None:
    subject = SUBJECTS[name]

    result = await subject.make().call(subject.good, context(workspace))

    assert result.content
    assert not result.is_error
    assert not result.truncated


@OF_EVERY_TOOL
async def test_an_unknown_argument_is_refused_by_name(name: str, workspace: str) -> None:
    subject = SUBJECTS[name]

    with pytest.raises(ToolError, match="colour: "):
        await subject.make().call({**subject.good, "colour": 1}, context(workspace))


@OF_EVERY_TOOL
async def test_an_argument_of_the_wrong_type_is_refused_by_name(name: str, workspace: str) -> None:
    subject = SUBJECTS[name]
    argument = next(iter(subject.good))

    with pytest.raises(ToolError, match=f"{argument}: "):
        await subject.make().call({**subject.good, argument: [1]}, context(workspace))


@OF_TOOLS_WITH_PATHS
@pytest.mark.parametrize(
    "path", ["..", "../outside", "/etc", "link", "link/secret.txt", "./x/../../outside", "a\0b"]
)
async def test_no_path_leads_out_of_the_workspace(name: str, path: str, workspace: str) -> None:
    subject = SUBJECTS[name]

    with pytest.raises(ToolError, match="path: "):
        await subject.make().call({**subject.good, "path": path}, context(workspace))


@OF_TOOLS_WITH_PATHS
async def test_an_absolute_path_inside_the_workspace_is_as_good(name: str, workspace: str) -> None:
    subject = SUBJECTS[name]
    path = f"{workspace}/{subject.good['path']}"

    result = await subject.make().call({**subject.good, "path": path}, context(workspace))

    assert not result.is_error
