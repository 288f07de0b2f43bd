"""What an agent is given about its working folder."""

from pathlib import Path

import pytest

from adapters.acp.handshake import Handshake
from adapters.acp.messages import JsonObject
from tests.acp_run import acp_context

WITHOUT_WORKSPACE = {
    "claudeCode": {"options": {"settingSources": ["user"], "strictMcpConfig": True}}
}


@pytest.mark.parametrize(("trusts_workspace", "meta"), [(True, None), (False, WITHOUT_WORKSPACE)])
async def test_settings_of_a_workspace_are_used_only_without_approval_rules(
    trusts_workspace: bool, meta: JsonObject | None, tmp_path: Path
) -> None:
    asked: dict[str, JsonObject] = {}

    async def answer(method: str, params: JsonObject) -> object:
        asked[method] = params
        return {"protocolVersion": 1} if method == "initialize" else {"sessionId": "s"}

    context = acp_context("works", tmp_path)
    handshake = Handshake(answer, context=context, cwd="/work", trusts_workspace=trusts_workspace)

    assert await handshake.session_id() == "s"
    assert asked["session/new"].get("_meta") == meta
