"""The promotion report: one page that a manager reads before a model is trusted with work orders."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from foreworn.report import trust, verdict, words
from foreworn.report.charts import cost_chart, months_chart, notice_chart, reliability_chart
from foreworn.report.figure_names import SPREAD_FIGURES, assumption, spread_name, written
from foreworn.report.record import BacktestRecord, Priced, read_record

_FOLDER = Path(__file__).parent / "templates"
_FEW_PER_COMPONENT = 10
_UNIT = re.compile(r"(?<=\d) (?=(?:%|h|days|EUR)(?![\w-]))")
"""Between a number and its unit no line is broken."""


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
    page = _environment().get_template("promotion_report.html").render(
        record=record,
        style=style,
        failed=[probe for probe in record.probes if probe.passed is False],
        not_run=[probe for probe in record.probes if probe.passed is None],
        passed=[probe for probe in record.probes if probe.passed],
        caught=verdict.caught(record),
        verdict=verdict.verdict(record),
        why_not_priced=verdict.why_not_priced(record),
        price_needs=verdict.PRICE_NEEDS,
        priced_told=_priced(record, record.priced) if record.priced else "",
        trust=[said for said in _trust(record) if said],
        months_told=trust.months_told(record),
        left_out=verdict.worst_left_out(record.worst_left_out),
        versions=_versions(record.model),
        hours=sorted({hours for one in record.by_component for hours in one.caught}),
        few=[one.component for one in record.by_component if one.failures < _FEW_PER_COMPONENT],
        spread=[name for name in SPREAD_FIGURES if name in record.spread],
        charts=_charts(record),
    )  # fmt: skip
    return _UNIT.sub("\N{NO-BREAK SPACE}", page)


def _versions(model: str) -> str:
    """Return which model the page is of, or how many where each fold had its own."""
    count = model.count(", ") + 1
    return f"model {model}" if count == 1 else f"{count} models, each of other machines than it is judged on"


def _trust(record: BacktestRecord) -> list[str]:
    return [trust.slope(record), trust.example(record.reliability), trust.skill(record)]


def _priced(record: BacktestRecord, priced: Priced) -> str:
    return " ".join(filter(None, [verdict.worth(record), verdict.in_hindsight(priced), verdict.measured_on(priced)]))


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
        "assumption": assumption,
        "chance": words.chance,
        "figure": words.figure,
        "span": words.span,
        "day": words.day_of,
        "exact": words.time_of,
        "sentence": words.sentence,
        "spread_name": spread_name,
    }
    environment.globals |= {
        "answered": verdict.answered,
        "chances": words.chances,
        "counted": words.counted,
        "money": words.money,
        "probabilities": words.probabilities,
        "share_interval": words.share_interval,
        "written": written,
    }
    return environment
