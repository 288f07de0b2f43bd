import re
from pathlib import Path

from prometheus_client import CollectorRegistry

from adapters.metrics.prometheus_meter import PrometheusMeter, exposition, new_registry
from domain.task import TaskStatus


def test_counts_levels_and_timings_stand_on_the_page() -> None:
    registry = new_registry()
    meter = PrometheusMeter(registry)
    meter.add("events_sent", 3)
    meter.show("streams_taken_over", lambda: 7)
    for seconds in (0.0004, 0.02, 99.0):
        meter.observe("append", seconds)

    lines = _page(registry)

    assert "agentcast_events_sent_total 3.0" in lines
    assert 'agentcast_streams{writer="reactor"} 7.0' in lines
    assert 'agentcast_streams{writer="portable"} 0.0' in lines
    assert "agentcast_watchers 0.0" in lines
    assert 'agentcast_append_seconds_bucket{le="0.0005"} 1.0' in lines
    assert 'agentcast_append_seconds_bucket{le="10.0"} 2.0' in lines
    assert 'agentcast_append_seconds_bucket{le="+Inf"} 3.0' in lines
    assert "agentcast_append_seconds_count 3.0" in lines
    assert "agentcast_append_seconds_sum 99.0204" in lines
    assert "agentcast_event_loop_lag_seconds_count 0.0" in lines


def test_ends_of_tasks_and_answers_stand_there_by_their_labels() -> None:
    registry = new_registry()
    meter = PrometheusMeter(registry)
    meter.task_ended(TaskStatus.COMPLETED, None)
    for _ in range(2):
        meter.task_ended(TaskStatus.FAILED, "limit.usd")
    for status in (200, 202, 404):
        meter.request_answered(method="GET", route="/tasks/{task_id}", status=status)

    lines = _page(registry)

    assert 'agentcast_tasks_ended_total{outcome="completed",reason=""} 1.0' in lines
    assert 'agentcast_tasks_ended_total{outcome="failed",reason="limit.usd"} 2.0' in lines
    answers = 'agentcast_http_requests_total{method="GET",route="/tasks/{task_id}",status="%s"} %s'
    assert answers % ("2xx", 2.0) in lines
    assert answers % ("4xx", 1.0) in lines


def test_waits_for_tasks_have_buckets_up_to_a_day() -> None:
    registry = new_registry()
    PrometheusMeter(registry).observe("queue_wait", 50_000.0)

    lines = _page(registry)

    assert 'agentcast_queue_wait_seconds_bucket{le="14400.0"} 0.0' in lines
    assert 'agentcast_queue_wait_seconds_bucket{le="86400.0"} 1.0' in lines


def test_the_page_has_the_metrics_of_the_process() -> None:
    lines = _page(new_registry())

    assert any(line.startswith("process_open_fds ") for line in lines)
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


def test_every_metric_is_explained_in_the_guide() -> None:
    guide = (Path(__file__).parents[4] / "docs" / "metrics.md").read_text()
    documented = set(re.findall(r"`(agentcast_[a-z_]+?)(?:_total)?(?:\{[a-z, ]+\})?`", guide))
    registry = new_registry()
    PrometheusMeter(registry)

    known = {family.name for family in registry.collect()}

    assert documented == {name for name in known if name.startswith("agentcast_")}


def _page(registry: CollectorRegistry) -> list[str]:
    body, content_type = exposition(registry)
    assert content_type.startswith("text/plain")
    return body.decode().splitlines()
