"""The whole product with one more kind of agent, `pulse`, which emits lines at a given rate.

    python benchmarks/serve_pulse.py --port 8080

It is also how the product is extended: a Runner of one's own, and a profile that names its kind.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.process_events import Log
from domain.task import Task
from entrypoints.container import Container
from entrypoints.server import serve
from entrypoints.settings.agent_settings import AgentSettings
from entrypoints.settings.settings import load_settings
from ports.runner import Completed, Failed, Outcome, RunContext


class Pulse(BaseModel):
    """The task's text, as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(ge=0)
    first: int = Field(0, ge=0)
    """The number of its first event."""
    rate: float = Field(0, ge=0)
    """Events a second in all; 0 is as fast as the log takes them."""
    burst: int = Field(1, ge=1)
    bytes: int = Field(200, ge=0, le=100_000)
    """How long each line is, unless its stamp is longer."""


class PulseRunner:
    async def run(self, task: Task, context: RunContext) -> Outcome:
        try:
            pulse = Pulse.model_validate_json(task.text)
        except ValidationError as error:
            return Failed(error=str(error), reason="agent_error")
        due = time.monotonic()
        for first in range(0, pulse.count, pulse.burst):
            for number in range(first, min(first + pulse.burst, pulse.count)):
                line = stamped(pulse.first + number).ljust(pulse.bytes)
                await context.emit(Log(line=line, line_num=number + 1, stream="stdout"))
            if pulse.rate:
                due += pulse.burst / pulse.rate
                await asyncio.sleep(due - time.monotonic())
        return Completed(final_answer=f"{pulse.count} lines")


def stamped(number: int) -> str:
    """What a load client looks for: which event it is, and when it was emitted."""
    return f"_m={number:010d}.{time.monotonic_ns():020d} "


def add_pulse(container: Container) -> None:
    container.agents.runners.add_kwargs(pulse=PulseRunner())


def serve_pulse(*, port: int, data_dir: Path) -> int:
    settings = load_settings(
        port=port,
        data_dir=data_dir,
        agents={"pulse": AgentSettings(kind="pulse", description="Emits lines at a rate.")},
    )
    return serve(settings, greet=_greet, extend=add_pulse)


def _greet(url: str) -> None:
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()


def _main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    port = arguments.parse_args().port
    if chosen := os.environ.get("AGENTCAST_DATA_DIR"):
        return serve_pulse(port=port, data_dir=Path(chosen))
    with tempfile.TemporaryDirectory(prefix="agentcast-pulse-") as folder:
        return serve_pulse(port=port, data_dir=Path(folder))


if __name__ == "__main__":
    sys.exit(_main())
