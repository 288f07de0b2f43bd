"""How this program's log looks: lines for people, or JSON for machines; always on stderr."""

import json
import logging
import sys
from datetime import UTC, datetime

from domain.redaction import Redactor
from entrypoints.server_secrets import server_redactor
from entrypoints.settings import Settings

_RESET = "\033[0m"
_DIM = "\033[2m"
_COLORS = {"debug": "\033[34m", "info": "\033[32m", "warning": "\033[33m"}
_ERROR = "\033[31m"


def start_logging(settings: Settings) -> None:
    """The rest of the program logs with the standard library and knows nothing of this."""
    is_json = settings.log_format == "json"
    formatter = _JsonFormatter() if is_json else _LineFormatter(has_colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactingFormatter(server_redactor(settings), formatter))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("uvicorn", "httpx", "httpx2", "openai", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _RedactingFormatter(logging.Formatter):
    """Masks secrets in whole records, with their tracebacks."""

    def __init__(self, redactor: Redactor, formatter: logging.Formatter) -> None:
        super().__init__()
        self._redactor = redactor
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.text(self._formatter.format(record))


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": _timestamp(record),
        }
        if trace := _trace(record):
            entry["exception"] = trace
        return json.dumps(entry)


class _LineFormatter(logging.Formatter):
    """A traceback is plain: a richer one shows values of variables, and with them keys."""

    def __init__(self, *, has_colors: bool) -> None:
        super().__init__()
        self._has_colors = has_colors

    def format(self, record: logging.LogRecord) -> str:
        level = record.levelname.lower()
        line = " ".join(
            [
                self._colored(_timestamp(record), _DIM),
                f"[{self._colored(f'{level:<9}', _COLORS.get(level, _ERROR))}]",
                f"{record.getMessage():<30}",
                f"[{self._colored(record.name, _DIM)}]",
            ]
        )
        trace = _trace(record)
        return f"{line}\n{trace}" if trace else line

    def _colored(self, text: str, color: str) -> str:
        return f"{color}{text}{_RESET}" if self._has_colors else text


_PLAIN = logging.Formatter()


def _trace(record: logging.LogRecord) -> str:
    """Of its exception, and of the stack if that was asked for."""
    exception = _PLAIN.formatException(record.exc_info) if record.exc_info else ""
    return "\n".join(part for part in (exception, record.stack_info) if part)


def _timestamp(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
