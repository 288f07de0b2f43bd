"""The whole output of a task, downloaded from a real server."""

from tests.e2e.client import Client


async def test_the_head_has_the_size_and_type_of_a_download(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit("echo one; echo zwei ü", session_id=session_id)
    await client.events(task_id)
    path = f"/api/v1/tasks/{task_id}/log"

    head = await client.request("HEAD", path)
    whole = await client.request("GET", path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert whole.text.splitlines() == ["one", "zwei ü"]
