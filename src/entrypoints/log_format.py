"""The format of the log: lines for people, or JSON for machines; always on stderr."""

import logging
import sys

import structlog

from adapters.system.environment_secrets import EnvironmentSecrets
from domain.redaction import Redactor
from entrypoints.settings.settings import Settings


def start_logging(settings: Settings) -> None:
    """Format what the program logs with the standard library; nothing else imports structlog."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_last(settings)],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactingFormatter(_redactor(settings), formatter))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("uvicorn", "httpx", "httpx2", "openai", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _redactor(settings: Settings) -> Redactor:
    """Masks the server's own keys, and other secrets by their patterns."""
    return EnvironmentSecrets(settings.own_secrets).redactor(())


class _RedactingFormatter(logging.Formatter):
    """Masks secrets in whole records, with their tracebacks."""

    def __init__(self, redactor: Redactor, formatter: logging.Formatter) -> None:
        super().__init__()
        self._redactor = redactor
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(self._formatter.format(record))


def _last(settings: Settings) -> list[structlog.typing.Processor]:
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # A richer traceback would show the values of variables, and with them keys and requests.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
