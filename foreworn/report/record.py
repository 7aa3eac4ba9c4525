"""A backtest's report as the page reads it: what may be missing is optional, what is there has its type."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from foreworn.errors import ForewornError


class UnreadableReport(ForewornError):
    """A backtest's report is not of the form that a backtest writes; the message names the place."""


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned from and judged on."""

    machines: int | None = None
    machine_models: int | list[str] | None = None
    components: int | list[str] | None = None
    start: datetime | None = msgspec.field(name="from", default=None)
    end: datetime | None = msgspec.field(name="to", default=None)
    trained_from: datetime | None = None
    trained_until: datetime | None = None
    test_from: datetime | None = None
    test_to: datetime | None = None
    telemetry_rows: int | None = None
    failures: int | None = None
    preventive: int | None = None
    fingerprint: str | None = None


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One component's share of what was caught and of what rang for nothing.

    `caught`, and of how many that `could_have` been, by hours of notice.
    """

    component: str
    failures: int
    caught: dict[int, int] = {}
    could_have: dict[int, int] = {}
    false_alarm_episodes: int | None = None
    f1: float | None = None
    average_precision: float | None = None
    brier_skill: float | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Of failures that could have had so many hours of notice, how many did; `low` and `high` by resampled machines."""

    hours: int
    failures: int
    caught: int
    recall: float | None = None
    low: float | None = None
    high: float | None = None


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Forecasts of one range of probability; the interval of the share that failed is by resampled machines."""

    low: float
    high: float
    forecasts: int
    mean_probability: float
    failed_share: float
    share_low: float | None = None
    share_high: float | None = None

    @property
    def failed(self) -> int:
        """How many of the forecasts were followed by a failure."""
        return round(self.failed_share * self.forecasts)


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """Failures that the forecasts of one month add up to, and those that came."""

    month: str
    machine_months: float
    expected: float
    low: float
    high: float
    observed: int

    @property
    def inside(self) -> bool:
        """Whether what came lies in the interval of what was expected."""
        return self.low <= self.observed <= self.high


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """One of the worst: a failure without (enough) notice, or an alarm that nothing followed."""

    kind: Literal["missed", "late", "false_alarm"]
    machine: str
    component: str
    time: datetime
    probability: float | None = None
    threshold: float | None = None
    said: str = ""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The same recipe, trained up to another time and judged on what followed."""

    train_until: datetime
    test_from: datetime
    test_to: datetime
    figures: dict[str, float]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One figure over the origins that had it."""

    mean: float
    low: float
    high: float
    origins: int


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """A check for leaks, and what it said; `passed` is None where it could not be run.

    `asks` is the question it answers, `remedy` what to do where it found a leak.
    """

    name: str
    passed: bool | None = None
    said: str = ""
    asks: str = ""
    remedy: str = ""


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Cost per 1,000 hours of one machine, by what was acted on."""

    run_to_failure: float
    best_age: float
    model: float
    perfect: float


class Sensitivity(msgspec.Struct, frozen=True, kw_only=True):
    """What another assumption makes of the share of the gap that is closed."""

    what: str
    value: float | str | None = None
    gap_closed: float | None = None
    failures: float | None = None


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """What acting on the forecasts costs; the gap is from the best age replacement to perfect foresight."""

    currency: str
    subject: str = ""
    units: int | None = None
    lives: int | None = None
    failures: dict[str, int] = {}
    cost_per_1000h: Costs
    gap_closed: float | None = None
    gap_closed_low: float | None = None
    gap_closed_high: float | None = None
    gap_closed_against_age_in_hindsight: float | None = None
    sensitivity: list[Sensitivity] = []
    protocol: str = ""


class BacktestRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All of a backtest's report."""

    model: str
    protocol: str = ""
    figures: dict[str, float] = {}
    left_out: dict[str, str] = {}
    by_age_alone: dict[str, str] = {}
    predictions_sha256: str = ""
    reliability: list[Bin] = []
    data: Data = Data()
    by_component: list[Component] = []
    notice: list[Notice] = []
    lead_time_h: dict[str, float] = {}
    months: list[Month] = []
    worst: list[Miss] = []
    worst_left_out: dict[str, int] = {}
    origins: list[Origin] = []
    spread: dict[str, Spread] = {}
    probes: list[Probe] = []
    priced: Priced | None = None
    missing: dict[str, str] = {}
    limits: list[str] = []
    split: str | None = None
    horizon_h: float | None = None


def read_record(report: Mapping[str, Any]) -> BacktestRecord:
    """Return the report with its types held; keys that the page does not show are let pass.

    Raises
    ------
    UnreadableReport
        If a value is not of its type, or one that a page cannot do without is missing.
    """
    try:
        return msgspec.convert(_measured(report), BacktestRecord, str_keys=True)
    except msgspec.ValidationError as wrong:
        raise UnreadableReport(f"not a backtest's report: {wrong}") from wrong


def _measured(value: Any) -> Any:
    """Leave out what is null, at any depth: what could not be measured and what is missing read alike."""
    if isinstance(value, Mapping):
        return {key: _measured(part) for key, part in value.items() if part is not None}
    return [_measured(part) for part in value] if isinstance(value, list | tuple) else value
