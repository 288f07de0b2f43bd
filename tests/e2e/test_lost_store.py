"""A server whose files were removed reports it, and does not start with an empty store."""

from pathlib import Path

from tests.e2e.client import client_of, ends_of
from tests.e2e.running_server import running_server
from tests.e2e.test_refused_starts import refused_start


async def test_a_server_whose_files_are_removed_accepts_nothing_and_does_not_start_over(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with running_server(data) as server:
        async with client_of(server) as client:
            task_id = await client.submit("sleep 600", session_id="s")
            async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                await stream.until("process_started")
                _remove_database(data)
                frames = await stream.to_end()

            refused = await client.request(
                "POST", "/api/v1/tasks", json={"task": "echo", "session_id": "t", "agent": "shell"}
            )

            assert ends_of(frames) == ["task_failed"]
            assert [one.data.get("reason") for one in frames if ends_of([one])] == ["store_lost"]
            assert refused.status_code == 503
            not_ready = await client.request("GET", "/ready")
            assert (not_ready.status_code, not_ready.json()["code"]) == (503, "store_lost")
            assert (await client.request("GET", "/health")).status_code == 200

    stderr = refused_start(tmp_path, AGENTCAST_DATA_DIR=str(data))

    assert "agentcast.db is gone, and there was one: restore a backup" in stderr


def _remove_database(data: Path) -> None:
    for file in data.glob("agentcast.db*"):
        file.unlink()
