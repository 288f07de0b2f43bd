"""opencode, Codex, Claude Code, Gemini CLI and Qwen Code over the Agent Client Protocol."""

from pathlib import Path

import anyio
import pytest

from tests.agent_model_server import FINAL, Asked, Choose, shell_call
from tests.e2e.client import Client
from tests.e2e.real_acp_agents import real_acp_agents
from tests.e2e.sse_reader import Frame, Json
from tests.model_replies import Answer, AskedCall, Reply

pytestmark = pytest.mark.load

PATIENCE_S = 90
COMMANDS = ("printf 'one\\n' && printf 'warn\\n' >&2", "printf 'two\\n'; exit 3")


@pytest.mark.parametrize(
    ("agent", "model", "tokens", "is_partial"),
    [
        ("opencode", "loop/first", 30, True),
        ("codex-acp", "loopback", 30, True),
        ("claude-code-acp", "default", 90, False),
        ("gemini-acp", "gemini-2.5-pro", 90, False),
        ("qwen-acp", "$runtime|openai|qwen-test(openai)", 90, False),
    ],
)
async def test_calls_and_usage_of_an_agent_are_what_they_were(
    agent: str, model: str, tokens: int, is_partial: bool, tmp_path: Path
) -> None:
    async with real_acp_agents(tmp_path, runs(COMMANDS)) as (client, _):
        events = await frames(client, agent)

    starts, done = all_(events, "tool_call_start"), all_(events, "tool_call_complete")
    assert [command_of(start["arguments"]) for start in starts] == [*COMMANDS]
    results = [str(each["result"]).removeprefix("Exit code 3\n").split() for each in done]
    assert [sorted(result) for result in results] == [["one", "warn"], ["two"]]
    # Gemini CLI does not report how a command has ended that wrote something.
    assert [each["status"] for each in done] == ["ok", "ok" if agent == "gemini-acp" else "error"]
    [ended] = all_(events, "task_complete")
    assert ended["final_answer"] == FINAL
    usage = ended["usage"]
    assert isinstance(usage, dict)
    assert (usage["total_tokens"], usage.get("partial", False)) == (tokens, is_partial)
    assert {each["model"] for each in all_(events, "token_usage")} == {model}


@pytest.mark.parametrize(
    ("agent", "own", "named", "other"),
    [
        ("opencode", "first", "loop/second", "second"),
        ("codex-acp", "loopback", "gpt-5.4", "gpt-5.4"),
        ("claude-code-acp", "claude-opus-4-8", "haiku", "claude-haiku-4-5-20251001"),
        (
            "gemini-by-protocol",
            "gemini-2.5-pro",
            "gemini-3-flash-preview",
            "gemini-3-flash-preview",
        ),
    ],
)
async def test_a_task_names_the_model_of_its_agent_and_the_next_one_has_the_agents_own(
    agent: str, own: str, named: str, other: str, tmp_path: Path
) -> None:
    used: list[str] = []
    async with real_acp_agents(tmp_path, runs(())) as (client, model):
        for chosen in ({}, {"model": named}, {}):
            before = len(model.asked)
            [ended] = all_(await frames(client, agent, **chosen), "task_complete")
            assert ended["final_answer"] == FINAL
            used.append(model_of(model.asked[before:][-1]))
        refused = await frames(client, agent, model=f"{named}-not")

    assert used == [own, other, own]
    [failed] = all_(refused, "task_failed")
    assert failed["reason"] == "start_failed"
    assert named in str(failed["error"])


def runs(commands: tuple[str, ...]) -> Choose:
    """Each command once, then the answer; a side question for a title gets the answer too."""
    left = iter(commands)

    def choose(asked: Asked) -> Reply:
        if shell_call(asked, "") is None or (command := next(left, None)) is None:
            return Answer(text=(FINAL,), usage=usage_of(asked))
        call = shell_call(asked, command)
        assert call is not None
        made = AskedCall(
            tool_name=call.tool_name,
            arguments=call.arguments,
            call_id=f"call_{commands.index(command)}",
        )
        return Answer(text=("Let me.",), calls=(made,), usage=usage_of(asked))

    return choose


def usage_of(asked: Asked) -> dict[str, object] | None:
    if not asked.path.endswith("/chat/completions"):
        return None
    return {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}


def model_of(asked: Asked) -> str:
    return str(asked.body.get("model") or asked.path.rpartition("/")[2].partition(":")[0])


def command_of(arguments: object) -> object:
    match arguments:
        case {"command": [*_, command]} | {"command": command} | {"title": command}:
            return command
        case _:
            return arguments


async def frames(client: Client, agent: str, **more: object) -> list[Frame]:
    with anyio.fail_after(PATIENCE_S):
        task_id = await client.submit("Do it.", session_id="one", agent=agent, **more)
        return await client.events(task_id)


def all_(events: list[Frame], event: str) -> list[Json]:
    return [frame.data for frame in events if frame.event == event]
