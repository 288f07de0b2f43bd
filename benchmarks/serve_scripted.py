"""The whole product, its scripted model paced like a model that is asked over a network."""

import argparse
import os
import sys
from pathlib import Path

from dependency_injector import providers

from adapters.llm.scripted_model import ScriptedModel
from entrypoints.container import Container
from entrypoints.server import serve
from entrypoints.settings.settings import load_settings

TOKENS_PER_S = 50.0


def pace(container: Container) -> None:
    model = ScriptedModel(tokens_per_s=TOKENS_PER_S)
    container.agents.language_model.override(providers.Object(model))


def _greet(url: str) -> None:
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()


def _main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    data_dir = Path(os.environ["AGENTCAST_DATA_DIR"])
    settings = load_settings(port=arguments.parse_args().port, data_dir=data_dir)
    return serve(settings, greet=_greet, extend=pace)


if __name__ == "__main__":
    sys.exit(_main())
