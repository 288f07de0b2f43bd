"""One thing that `doctor` or a database check has looked at."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.output import Output

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    verdict: Verdict
    subject: str
    text: str
    """What was found, and for anything but `ok` what to do about it."""


def tell(findings: Iterable[Finding], output: Output, *, as_json: bool = False) -> int:
    """A line for each; the exit code says whether one of them failed."""
    code = ExitCode.COMPLETED
    for finding in findings:
        if as_json:
            output.json(asdict(finding))
        else:
            text = " ".join(finding.text.split())
            output.line(f"{finding.verdict:<4}  {finding.subject:<10}  {text}")
        if finding.verdict == "fail":
            code = ExitCode.FAILED
    return code
