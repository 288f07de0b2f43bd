"""One figure of a report, with the target that the product promises."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.load import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    bound: float
    of: str = ""
    """The server whose figure the bound multiplies; empty: it is the figure itself."""
    is_least: bool = False

    def is_met(self, value: float, others: Mapping[str, float]) -> bool | None:
        """None when the other server was not measured."""
        if self.of and self.of not in others:
            return None
        bound = self.bound * others.get(self.of, 1.0)
        return value >= bound if self.is_least else value <= bound

    def __str__(self) -> str:
        sign = "≥" if self.is_least else "≤"
        if not self.of:
            return f"{sign} {self.bound:,.10g}"
        if self.bound == 1:
            return f"{sign} {self.of}"
        if self.bound < 0.5:
            return f"{sign} 1/{1 / self.bound:.3g} {self.of}"
        return f"{sign} {self.bound:.3g} {self.of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    name: str
    value: Callable[[Report], float]
    targets: Sequence[Target] = ()


def at_most(bound: float, *, of: str = "") -> Target:
    return Target(bound=bound, of=of)


def at_least(bound: float, *, of: str = "") -> Target:
    return Target(bound=bound, of=of, is_least=True)


def cpu(*targets: Target, each: str = "delivery") -> Figure:
    name = f"CPU µs per {each}"
    return Figure(name=name, value=lambda report: report.server_us, targets=targets)


def rate(*targets: Target, of: str = "deliveries") -> Figure:
    return Figure(name=f"{of}/s", value=lambda report: report.per_s, targets=targets)


def p50(*targets: Target, of: str = "latency") -> Figure:
    return Figure(name=f"{of} p50 ms", value=lambda report: report.median_ms, targets=targets)


def p99(*targets: Target) -> Figure:
    return Figure(name="latency p99 ms", value=lambda report: report.p99_ms, targets=targets)


def size(*targets: Target) -> Figure:
    return Figure(
        name="bytes per delivery", value=lambda report: report.size_each, targets=targets
    )


def probe_p99(*targets: Target) -> Figure:
    name = "plain request p99 ms"
    return Figure(name=name, value=lambda report: report.probe_p99_ms, targets=targets)


def wrong() -> Figure:
    """Every scenario with streams shows it: speed that loses events is none."""
    return Figure(
        name="lost or doubled",
        value=lambda report: report.lost + report.doubled,
        targets=(at_most(0),),
    )
