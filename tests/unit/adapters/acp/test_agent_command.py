"""The command that an agent of the protocol is started with."""

from adapters.acp.agent_command import agent_command
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from tests.process_fakes import process_task


def test_a_model_name_is_not_searched_for_placeholders() -> None:
    profile = AgentProfile(
        name=AgentName("a"),
        kind="acp",
        argv=("agent", "{approval}", "--model={model}", "{model}"),
        approval_argv={"auto": ("--yolo",)},
        model="{approval}",
    )

    command = agent_command(process_task("go"), profile, workspace="/", home=None)

    assert command.argv == ("agent", "--yolo", "--model={approval}", "{approval}")
