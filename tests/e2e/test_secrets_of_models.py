"""A secret that comes piece by piece from a model, or from a served tool, is nowhere to be read."""

import json
import sys
from pathlib import Path

from tests.e2e.client import client_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame
from tests.model_replies import Answer, AskedCall
from tests.model_server import model_server

SECRET = "private-token-of-mcp"
OWN_KEY = "sk-the-servers-very-own-key"
# With nothing to load it is there at once, however busy the machine.
KEEPER = """
import json, os, sys

for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    if asked["method"] == "tools/call":
        name, secret = asked["params"]["name"], os.environ["MARKED_TOKEN"]
        text = {"variable": f"it is {secret}", "complain": f"it is not {secret}"}[name]
        content = [{"type": "text", "text": text}]
        result = {"content": content, "isError": name == "complain"}
    else:
        tools = [{"name": n, "inputSchema": {"type": "object"}} for n in ("variable", "complain")]
        about = {"capabilities": {"tools": {}}, "serverInfo": {"name": "keeper", "version": "1"}}
        version = asked.get("params", {}).get("protocolVersion")
        result = {"tools": tools, **about, "protocolVersion": version}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""
AGENT = f"""
[agents.react]
kind = "react"
sandbox = "none"

[agents.react.mcp_servers.keeper]
command = "{sys.executable}"
args = ["-IS", "-c", {json.dumps(KEEPER)}]
env_passthrough = ["MARKED_TOKEN"]
"""


async def test_no_secret_comes_through_however_it_is_cut(tmp_path: Path) -> None:
    (tmp_path / "agentcast.toml").write_text(AGENT)
    calling = Answer(reasoning=_cut(SECRET), text=_cut(SECRET), calls=_calls())
    says = Answer(reasoning=_cut(OWN_KEY), text=_cut(OWN_KEY))
    async with model_server([calling, says]) as model:
        with running_server(
            tmp_path / "data",
            OPENAI_BASE_URL=model.base_url,
            OPENAI_API_KEY=OWN_KEY,
            MARKED_TOKEN=SECRET,
        ) as server:
            async with client_of(server) as client:
                task_id = await client.submit("go", session_id="s", agent="react")
                seen = await client.events(task_id)
                task = await client.get(f"/api/v1/tasks/{task_id}")
                messages = await client.get("/api/v1/sessions/s/messages")

    responses = json.dumps([[one.data for one in seen], task, messages])
    stored = "".join(path.read_bytes().decode(errors="replace") for path in _files(tmp_path))
    assert [secret for secret in (SECRET, OWN_KEY) if secret in responses + stored] == []
    assert "".join(_field_values(seen, "think_delta", "text")) == "it is [redacted]!" * 2
    assert "".join(_field_values(seen, "message_delta", "text")) == "it is [redacted]!" * 2
    assert _field_values(seen, "think_complete", "reasoning") == ["it is [redacted]!"] * 2
    assert _field_values(seen, "message", "content") == ["it is [redacted]!"] * 2
    assert sorted(_field_values(seen, "tool_call_complete", "result")) == [
        "it is [redacted]",
        "it is not [redacted]",
    ]
    assert task["result"] == {"final_answer": "it is [redacted]!"}
    # The model itself gets the results of its tools: it cannot work without.
    assert SECRET in json.dumps(model.requests[1])


def _cut(secret: str) -> list[str]:
    return ["it ", f"is {secret[:3]}", *secret[3:-2], f"{secret[-2:]}!"]


def _calls() -> list[AskedCall]:
    arguments = json.dumps({"name": "MARKED_TOKEN"})
    names = ("keeper__variable", "keeper__complain")
    return [AskedCall(tool_name=name, arguments=arguments, call_id=name) for name in names]


def _field_values(frames: list[Frame], event: str, field: str) -> list[str]:
    return [str(one.data[field]) for one in frames if one.event == event]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
