"""The two settings of retention, as an operator writes them."""

from datetime import timedelta
from pathlib import Path

import pytest

from application.upkeep.retention import RetentionPolicy
from entrypoints.containers.server import retention_policy
from entrypoints.settings.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_them_what_has_ended_is_kept_for_ever() -> None:
    assert retention_policy(load_settings()) == RetentionPolicy()


def test_days_may_be_parts_and_bytes_may_have_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCAST_RETENTION_DAYS", "0.5")
    monkeypatch.setenv("AGENTCAST_DATA_MAX_BYTES", "20GB")

    assert retention_policy(load_settings()) == RetentionPolicy(
        kept_for=timedelta(hours=12), max_bytes=20 * 10**9
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("AGENTCAST_RETENTION_DAYS", "0"), ("AGENTCAST_DATA_MAX_BYTES", "1000")],
)
def test_a_value_that_would_leave_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=name):
        load_settings()
