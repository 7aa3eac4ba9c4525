"""The promotion report: one page that a manager reads before a model is trusted with work orders."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from foreworn.report import trust, verdict, words
from foreworn.report.charts import cost_chart, months_chart, notice_chart, reliability_chart
from foreworn.report.figure_names import SPREAD_FIGURES, spread_name, written
from foreworn.report.record import BacktestRecord, Priced, read_record

_FOLDER = Path(__file__).parent / "templates"
_FEW_PER_COMPONENT = 10


def promotion_report(report: Mapping[str, Any]) -> str:
    """Return a backtest's report as one HTML page that needs nothing beside itself: no network and no script.

    Parameters
    ----------
    report
        What `foreworn.loop.backtest.Backtest.report` returns, or the same read from JSON. A part that is missing or
        null has its sentence on the page; keys that the page does not know are let pass.

    Raises
    ------
    UnreadableReport
        If what is there is not of its type.

    Examples
    --------
    >>> page = promotion_report({"model": "gb-3f2a91c0", "figures": {"failures": 0, "caught_12h": 0}})
    >>> "Nothing failed in the judged time" in page
    True
    """
    record = read_record(report)
    style = Markup((_FOLDER / "promotion_report.css").read_text(encoding="utf-8"))
    return _environment().get_template("promotion_report.html").render(
        record=record,
        style=style,
        failed=[probe for probe in record.probes if probe.passed is False],
        not_run=[probe for probe in record.probes if probe.passed is None],
        passed=[probe for probe in record.probes if probe.passed],
        caught=verdict.caught(record),
        verdict=verdict.verdict(record),
        why_not_priced=verdict.why_not_priced(record),
        price_needs=verdict.PRICE_NEEDS,
        priced_told=_priced(record.priced) if record.priced else "",
        trust=[said for said in _trust(record) if said],
        months_told=trust.months_told(record.months),
        hours=sorted({hours for one in record.by_component for hours in one.caught}),
        few=[one.component for one in record.by_component if one.failures < _FEW_PER_COMPONENT],
        spread=[name for name in SPREAD_FIGURES if name in record.spread],
        charts=_charts(record),
    )  # fmt: skip


def _trust(record: BacktestRecord) -> list[str]:
    return [trust.slope(record), trust.example(record.reliability), trust.skill(record)]


def _priced(priced: Priced) -> str:
    return " ".join(filter(None, [verdict.gap(priced), verdict.in_hindsight(priced), verdict.measured_on(priced)]))


def _charts(record: BacktestRecord) -> dict[str, Markup]:
    """Return the charts that there is something to draw of."""
    found: dict[str, Markup] = {}
    if any(notice.failures for notice in record.notice):
        found["notice"] = notice_chart(record.notice)
    if record.reliability:
        found["reliability"] = reliability_chart(record.reliability)
    if record.months:
        found["months"] = months_chart(record.months)
    if record.priced:
        found["costs"] = cost_chart(record.priced.cost_per_1000h, record.priced.currency)
    return found


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": words.percent,
        "figure": words.figure,
        "day": words.day_of,
        "exact": words.time_of,
        "sentence": words.sentence,
        "spread_name": spread_name,
    }
    environment.globals |= {
        "counted": words.counted,
        "money": words.money,
        "probabilities": words.probabilities,
        "share_interval": words.share_interval,
        "written": written,
    }
    return environment
