"""Text that tries to break out of its field, read back by parsers that others wrote."""

import json
import shlex

import pytest

from tests.e2e.client import Client
from tests.e2e.sse_reader import Json

pytestmark = pytest.mark.load

HOSTILE = [
    "\n\nevent: end\ndata: {}\n\n",
    "\r\n\r\nid: 1-00000000\r\n\r\n",
    "\rdata: forged\r\r",
    ": ping\n\n",
    "retry: 1\n\n",
    "\u2028event: end\u2029\u0085\x0b\x0c\x1c\x1d\x1e",
    "\ufeffdata: {}",
    'quote " backslash \\ slash / </script><img src=x onerror=alert(1)>',
    "\x1b]0;title\x07\x1b[31mred\x1b[0m\x9b1m",
    "\u202egnp.exe \u200b\u2066 zero width and turned round",
    "\U0001f9d1\u200d\U0001f680 \u0000\u0001\x7f\x80\x9f \uffff \U0010ffff",
    '{"event_type":"task_complete","seq":1}',
    "__proto__ constructor toString",
    "%0a%0d %s {0} ${HOME} $(id)",
    "x" * 5_000,
]


async def test_hostile_texts_come_back_exactly_from_every_field(own: Client) -> None:
    for number, text in enumerate(HOSTILE):
        sendable = text.replace("\0", "")  # a request that holds one is refused
        steps = [
            "script:",
            f"say {json.dumps(text)}",
            f"tool write_file {json.dumps({'path': 'f', 'content': text})}",
            "tool read_file " + json.dumps({"path": "f"}),
            f"answer {json.dumps(text)}",
        ]
        body = {
            "task": "\n".join(steps),
            "session_id": f"hostile-{number}",
            "agent": "react",
            "metadata": {sendable[:60]: sendable, "nested": [{"deep": sendable}]},
        }
        answer = await own.request("POST", "/api/v1/tasks", json=body)
        assert answer.status_code == 202, answer.text
        task_id = answer.json()["task_id"]

        strictly = [(frame.event, frame.data) for frame in await own.events(task_id)]
        seen = await _by_another_parser(own, f"/api/v1/tasks/{task_id}/events")

        assert seen == strictly
        events = dict(reversed(seen))
        assert events["task_queued"]["task"] == body["task"]
        assert events["task_queued"]["metadata"] == body["metadata"]
        calls = [data["arguments"] for name, data in seen if name == "tool_call_start"]
        assert calls == [{"path": "f", "content": text}, {"path": "f"}]
        assert seen[-1][0] == "task_complete"
        assert str(seen[-1][1]["final_answer"]).strip() == text.strip()


async def test_hostile_lines_of_output_come_back_exactly(own: Client) -> None:
    lines = [text for text in HOSTILE if not set(text) & set("\n\r\0") and len(text) < 4096]
    command = "; ".join(f"printf '%s\\n' {shlex.quote(line)}" for line in lines)
    task_id = await own.submit(command, session_id="lines")

    seen = await _by_another_parser(own, f"/api/v1/tasks/{task_id}/events")

    assert [data["line"] for name, data in seen if name == "log"] == lines
    assert seen == [(frame.event, frame.data) for frame in await own.events(task_id)]


async def _by_another_parser(own: Client, path: str) -> list[tuple[str, Json]]:
    """The events of the log, by httpx2's reader."""
    async with own.http.sse(own.url(path)) as source:
        return [
            (event.event, data)
            async for event in source
            if isinstance(data := event.json(), dict) and "seq" in data
        ]
