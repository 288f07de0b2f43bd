"""The table that a run prints: medians, their spread, and whether they meet the targets."""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.figure import Figure
from benchmarks.load import Report
from benchmarks.scenario import Scenario

HEAD = """\
| scenario | figure | naive | nchan | agentcast (min-max) | of naive | of nchan | target | | client |
|---|---|---|---|---|---|---|---|---|---|"""

_PRODUCT = "agentcast"


def rows(scenario: Scenario, reports: Mapping[str, Sequence[Report]]) -> list[str]:
    client = median(report.client_share for report in reports[_PRODUCT])
    return [_row(scenario.name, figure, reports, client) for figure in scenario.figures]


def _row(
    scenario: str, figure: Figure, reports: Mapping[str, Sequence[Report]], client: float
) -> str:
    values = {name: [figure.value(one) for one in seen] for name, seen in reports.items()}
    middle = {name: median(seen) for name, seen in values.items()}
    own = middle[_PRODUCT]
    spread = f"{_number(min(values[_PRODUCT]))}-{_number(max(values[_PRODUCT]))}"
    verdicts = [target.is_met(own, middle) for target in figure.targets]
    cells = (
        scenario,
        figure.name,
        _number(middle.get("naive")),
        _number(middle.get("nchan")),
        f"**{_number(own)}** ({spread})",
        _ratio(own, middle.get("naive")),
        _ratio(own, middle.get("nchan")),
        ", ".join(map(str, figure.targets)),
        ", ".join(_VERDICTS[verdict] for verdict in verdicts),
        f"{client:.0%}",
    )
    return f"| {' | '.join(cells)} |"


_VERDICTS = {True: "met", False: "MISSED", None: "not known"}


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if abs(value) >= 1000 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _ratio(own: float, other: float | None) -> str:
    return f"{own / other:.2f}" if other else "-"
