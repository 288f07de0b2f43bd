"""Ready-made rules for what people look for in what agents write."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from domain.extraction import CaptureType, ExtractionRule

BuiltInRule = Literal["urls", "test_counts", "token_counts", "file_paths", "error_lines"]


def built_in_rule(built_in: BuiltInRule, *, name: str | None = None) -> ExtractionRule:
    """Its findings have its own name, or the one given here."""
    rule = BUILT_IN_RULES[built_in]
    return rule if name is None else replace(rule, name=name)


_URL = (
    r"\b(?:https?|wss?|ftp)://(?:\[[0-9A-Fa-f:.]+\])?"
    r"(?:[^\s<>\"'`{}|\\^()\[\]]|\([^\s()<>\"'`]*\))+(?<![.,;:!?*_])"
)

_KNOWN_ROOT = r"(?:home|usr|var|tmp|etc|opt|srv|root|mnt|dev|proc|Users|Library|Volumes)"
_KNOWN_ENDING = (
    r"(?:py|pyi|ipynb|js|jsx|mjs|cjs|ts|tsx|vue|svelte|go|rs|rb|php|java|kt|scala|swift|c|h|cc|cpp"
    r"|hpp|cs|m|sh|bash|zsh|ps1|sql|html|css|scss|json|jsonl|yaml|yml|toml|ini|cfg|conf|lock|md"
    r"|rst|txt|csv|xml|log|patch|diff)"
)
_FILE_PATH = (
    r"(?<![\w/.@~:\\-])(?P<value>"
    rf"/{_KNOWN_ROOT}(?:/[\w.@+-]{{0,255}}[\w@+-]){{1,60}}"
    r"|(?:~|\.{1,2})?/(?:[\w.@+-]++/){0,60}+[\w@+-][\w.@+-]{0,254}\.[A-Za-z][A-Za-z0-9]{0,7}"
    r"|(?:[\w.@+-]++/){1,60}+[\w@+-][\w.@+-]{0,254}\.[A-Za-z][A-Za-z0-9]{0,7}"
    r"|[A-Za-z]:\\(?:[\w.@+ -]+\\)*[\w.@+-]*\w"
    rf"|[\w@+-][\w.@+-]{{0,254}}\.{_KNOWN_ENDING}"
    r")(?![\w/\\])"
    r"(?:[:(](?P<line>\d{1,9})(?:[:,](?P<column>\d{1,9}))?|\"?,? line (?P<line>\d{1,9}))?"
)

_COUNT = (
    r"(?:(?P<failed>\d{1,9}) (?:failed|failures?|failing)"
    r"|(?P<passed>\d{1,9}) (?:passed|passing)"
    r"|(?P<skipped>\d{1,9}) (?:skipped|pending|ignored)"
    r"|(?P<errors>\d{1,9}) errors?"
    r"|\d{1,9} (?:todo|deselected|xfailed|xpassed|warnings?|rerun|measured|filtered out))"
)
_COUNTS = rf"(?=\d{{1,9}} [a-z]){_COUNT}(?:(?:, |; | \| ){_COUNT}){{0,9}}+"
_UNITTEST_COUNT = (
    r"(?:failures=(?P<failed>\d{1,9})|errors=(?P<errors>\d{1,9})|skipped=(?P<skipped>\d{1,9})"
    r"|(?:expected failures|unexpected successes)=\d{1,9})"
)
_PYTEST = rf"(?<![\w.])(?P<value>{_COUNTS}) in [\d.]+ ?m?s"
_JEST_OR_VITEST = rf"\bTests:? +(?P<value>{_COUNTS}(?:, (?P<total>\d{{1,9}}) total)?)"
_CARGO = rf"\btest result: \w+\. (?P<value>{_COUNTS})"
_UNITTEST = (
    r"^(?P<value>Ran (?P<total>\d{1,9}) tests?) in "
    rf"|^(?:FAILED|OK) \((?P<value>{_UNITTEST_COUNT}(?:, {_UNITTEST_COUNT})*)\)"
)
_MAVEN = (
    r"\b(?P<value>Tests run: (?P<total>\d{1,9}), Failures: (?P<failed>\d{1,9}),"
    r" Errors: (?P<errors>\d{1,9}), Skipped: (?P<skipped>\d{1,9}))"
)
_RSPEC = (
    r"^\s*(?P<value>(?P<total>\d{1,9}) examples?, (?P<failed>\d{1,9}) failures?"
    r"(?:, (?P<skipped>\d{1,9}) pending)?)"
)
_MOCHA = (
    r"^\s*(?P<value>(?P<passed>\d{1,9}) passing|(?P<failed>\d{1,9}) failing"
    r"|(?P<skipped>\d{1,9}) pending)(?: \(|\s*$)"
)
_NODE = (
    r"^[#\N{INFORMATION SOURCE}] (?P<value>tests (?P<total>\d{1,9})|pass (?P<passed>\d{1,9})"
    r"|fail (?P<failed>\d{1,9})|skipped (?P<skipped>\d{1,9}))$"
)
_TEST_COUNTS = (
    f"{_PYTEST}|{_JEST_OR_VITEST}|{_CARGO}|{_UNITTEST}|{_MAVEN}|{_RSPEC}|{_MOCHA}|{_NODE}"
)

_AMOUNT = r"(?<![\w.,])(?P<value>\d{1,3}(?:[,_]\d{3})+|\d{1,12}(?:\.\d{1,3})?(?: ?[km])?)(?![\w%]|[.,]\d)"
_TOKEN_KIND = (
    r"(?P<kind>cache_(?:read|creation)_input|cached_input|reasoning_output|input|output|total"
    r"|prompt|completion|candidates?|cached|reasoning|thoughts?|thinking)"
)
_NAMED_TOKENS = (
    rf"(?<![a-z_-])(?<!max )(?:{_TOKEN_KIND}[ _-]?)?tokens?(?:[ _-]?(?:used|count))?"
    rf"[\"']?\s*[:=]\s*{_AMOUNT}(?! *(?:sent|received)\b)"
)
_COUNTED_OR_SENT_TOKENS = (
    rf"{_AMOUNT}(?: +(?:{_TOKEN_KIND} +)?tokens?\b"
    r"| (?P<kind>sent|received)\b(?<=\btokens:.{0,120}))"
)
_TOKEN_USAGE = rf"\b(?P<kind>total|input|output)={_AMOUNT}(?<=\btoken usage:.{{0,200}})"
_TOKEN_COUNTS = f"{_NAMED_TOKENS}|{_COUNTED_OR_SENT_TOKENS}|{_TOKEN_USAGE}"

_ERROR_SIGN = (
    r"(?:\b(?:ERROR|FATAL|CRITICAL|SEVERE|PANIC)\b(?!-)"
    r"|\b[A-Z]\w*(?:Error|Exception)\b"
    r"|(?i:\b(?:error|fatal|panic|exception)(?:\[\w+\]|\(\w+\)| \w+\d+)?\s?:(?!\s*0\b))"
    r"|(?i:\bnpm err(?:!|or\b)|\bpanicked at )"
    r"|\bTraceback \(most recent call last\)"
    r"|^\s{0,20}(?:FAILED [\w./]|E {3,}\S|--- FAIL: )"
    r"|(?i:\bsegmentation fault\b|\bcore dumped\b|\bout of memory\b)"
    r"|(?i:\bunhandled (?:promise )?rejection\b)"
    r"|(?i:: (?:command not found|permission denied|no such file or directory)\b)"
    r"|\bundefined reference to\b|\bUncaught \w)"
)
_ERROR_LINE = rf"^(?=.{{0,2000}}?{_ERROR_SIGN})\s*(?P<value>.{{0,4000}})"


def _integers(*groups: str) -> tuple[tuple[str, CaptureType], ...]:
    return tuple((group, "integer") for group in groups)


BUILT_IN_RULES: Mapping[BuiltInRule, ExtractionRule] = {
    "urls": ExtractionRule(name="urls", pattern=_URL),
    "test_counts": ExtractionRule(
        name="test_counts",
        pattern=_TEST_COUNTS,
        types=_integers("passed", "failed", "skipped", "errors", "total"),
    ),
    "token_counts": ExtractionRule(
        name="token_counts", pattern=_TOKEN_COUNTS, types=_integers("value"), ignore_case=True
    ),
    "file_paths": ExtractionRule(
        name="file_paths", pattern=_FILE_PATH, types=_integers("line", "column")
    ),
    "error_lines": ExtractionRule(name="error_lines", pattern=_ERROR_LINE, every_match=False),
}
"""By the names that profiles and tasks choose them by."""
