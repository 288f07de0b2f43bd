"""`agentcast extract`: tries extraction rules on a text."""

import codecs
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from adapters.patterns.regex_pattern_matcher import RegexPatternMatcher
from application.programs.line_findings import LineExtraction
from domain.built_in_rules import BuiltInRule, built_in_rule
from domain.errors import InvalidInput
from domain.extraction import Captured, ExtractionRule
from domain.lines import Line, LineSplitter
from domain.process_events import Extraction
from domain.task_events import Error
from domain.terminal_text import plain_text
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.rule_file import rules_of_file

_CHUNK_BYTES = 64 * 1024
_LONGEST_LINE = 1024 * 1024


def extract(
    *,
    rules: Annotated[Path | None, Parameter(help="File of rules: .toml or .json.")] = None,
    rule: Annotated[
        tuple[BuiltInRule, ...],
        Parameter(help="A rule that is built in; may be repeated.", negative=()),
    ] = (),
    json: AsJson = False,
) -> int:
    """Print what extraction rules find in the standard input, line by line."""
    from_file = () if rules is None else rules_of_file(rules)
    chosen = [*from_file, *(built_in_rule(name) for name in rule)]
    if not chosen:
        raise UsageMistake("extract what? Give --rules FILE, or --rule with a name, such as urls")
    extraction = _ready(chosen)
    output = process_output()
    for line in _lines(sys.stdin.fileno()):
        text = plain_text(line.text)
        for found in extraction.of(line.text, text=text, line_num=line.number):
            _show(found, output, as_json=json)
    return ExitCode.COMPLETED


def _ready(rules: Sequence[ExtractionRule]) -> LineExtraction:
    try:
        return LineExtraction(rules, RegexPatternMatcher())
    except InvalidInput as error:
        raise UsageMistake(f"{error.field}: {error}") from error


def _lines(descriptor: int) -> Iterator[Line]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    splitter = LineSplitter(max_chars=_LONGEST_LINE)
    # Reads what is available, as the input may be a program that is still writing.
    while chunk := os.read(descriptor, _CHUNK_BYTES):
        yield from splitter.feed(decoder.decode(chunk))
    yield from splitter.feed(decoder.decode(b"", final=True))
    yield from splitter.end()


def _show(found: Extraction | Error, output: Output, *, as_json: bool) -> None:
    if isinstance(found, Error):
        output.notice(f"agentcast: {found.message}")
    elif as_json:
        output.json(_fields(found))
    else:
        output.line(
            f"{found.line_num}: {found.rule}: {_shown(found.value)}{_groups(found.groups)}"
        )


def _fields(found: Extraction) -> Mapping[str, object]:
    groups = {} if found.groups is None else {"groups": found.groups}
    return {"rule": found.rule, "value": found.value, **groups, "line_num": found.line_num}


def _groups(groups: Mapping[str, Captured] | None) -> str:
    pairs = (f"{name}={_shown(value)}" for name, value in (groups or {}).items())
    text = " ".join(pairs)
    return f" ({text})" if text else ""


def _shown(value: Captured) -> str:
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return plain_text(" ".join(shown.split()))
