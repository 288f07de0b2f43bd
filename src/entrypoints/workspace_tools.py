"""The tools that an agent works with in its workspace."""

from collections.abc import Sequence

from adapters.tools.ask_user import AskUserTool
from adapters.tools.edit_file import EditFileTool
from adapters.tools.fetch_url import FetchUrlTool
from adapters.tools.list_directory import ListDirectoryTool
from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from adapters.tools.shell import ShellTool
from adapters.tools.update_plan import UpdatePlanTool
from adapters.tools.write_file import WriteFileTool
from entrypoints.settings import Settings
from ports.process import ProcessHost
from ports.tool import Tool


def workspace_tools(process_host: ProcessHost, settings: Settings) -> Sequence[Tool]:
    return [
        ShellTool(process_host=process_host),
        ReadFileTool(),
        WriteFileTool(),
        EditFileTool(),
        ListDirectoryTool(),
        SearchFilesTool(),
        UpdatePlanTool(),
        AskUserTool(),
        FetchUrlTool(by_default=settings.fetch_url),
    ]
