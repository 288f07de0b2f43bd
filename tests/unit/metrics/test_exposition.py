from prometheus_client import CollectorRegistry

from adapters.metrics.prometheus_meter import PrometheusMeter, exposition, new_registry


def test_counts_levels_and_timings_stand_on_the_page() -> None:
    registry = new_registry()
    meter = PrometheusMeter(registry)
    meter.add("events_sent", 3)
    meter.show("streams_reactor", lambda: 7)
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


def test_the_page_tells_of_the_process_too() -> None:
    lines = _page(new_registry())

    assert any(line.startswith("process_open_fds ") for line in lines)
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


def _page(registry: CollectorRegistry) -> list[str]:
    body, content_type = exposition(registry)
    assert content_type.startswith("text/plain")
    return body.decode().splitlines()
