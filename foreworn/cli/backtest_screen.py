"""A backtest's report as a person reads it on the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from foreworn import terminal
from foreworn.report import trust, verdict
from foreworn.report.record import BacktestRecord, read_record
from foreworn.report.words import interval, percent, sentence

Report = Mapping[str, Any]

_ABSENT: Final = "-"
_WITH_INTERVAL: Final = {
    "recall_12h": "failures caught with 12 h notice",
    "false_alarms_per_machine_month": "false alarms per machine and 30 days",
    "macro_f1": "F1, mean of components",
    "macro_average_precision": "average precision (PR-AUC), mean",
    "brier_skill": "Brier skill",
    "calibration_slope": "calibration slope",
    "calibration_intercept": "calibration intercept",
}
_KINDS: Final = {"missed": "missed", "late": "late", "false_alarm": "false alarm"}
_MARKS: Final = {True: ("passed", "green"), False: ("FAILED", "bold red"), None: ("NOT RUN", "bold yellow")}


def show_backtest(report: Report) -> None:
    """Print a backtest's report, the answer first and its limits last; its sentences are the page's."""
    record = read_record(report)
    _summary(report)
    _figures(report["figures"])
    _trust(record)
    _notice(report)
    _components(report)
    _months(report["months"], record)
    _worst(report)
    _spread(report)
    _priced(report["priced"])
    _probes(report["probes"])
    _listed("What this does not tell", report["limits"])
    _listed("What would tell more", report["remedies"])


def _trust(record: BacktestRecord) -> None:
    told = filter(None, (trust.slope(record), trust.example(record.reliability), trust.skill(record)))
    for said in told:
        _say(said)


def _listed(title: str, sentences: Sequence[str]) -> None:
    if sentences:
        _heading(title)
    for said in sentences:
        _say(f"- {said}")


def _summary(report: Report) -> None:
    data, figures = report["data"], report["figures"]
    false_alarms = terminal.counted(figures["false_alarms"], "false alarm")
    _heading(f"Backtest of {report['model']}, split by {report['split']}")
    _say(
        f"{data['machines']:,} machines, {data['telemetry_rows']:,} samples, {data['failures']:,} failures and "
        f"{data['preventive']:,} preventive replacements on record from {_day(data['from'])} to {_day(data['to'])}; "
        f"learned from {_day(data['trained_from'])} to {_day(data['trained_until'])}."
    )
    failures = figures["failures"]
    _say(
        f"Of {terminal.counted(failures, 'judged failure')}, {figures['caught_12h']:,} were told 12 h ahead or more "
        f"and {figures['caught_late']:,} later than that; {false_alarms} in "
        f"{figures['machine_months']:,.1f} machine-months."
    )


def _figures(figures: Mapping[str, float]) -> None:
    rows = [
        (told, _number(figures.get(name)), _between(figures.get(f"{name}_low"), figures.get(f"{name}_high")))
        for name, told in _WITH_INTERVAL.items()
        if name in figures
    ]
    _table("Figures, with intervals from drawing machines anew", ("figure", "value", "95 %"), rows)


def _notice(report: Report) -> None:
    rows = [
        (
            f"{n['hours']} h",
            f"{n['failures']:,}",
            f"{n['caught']:,}",
            _ABSENT if n["recall"] is None else percent(n["recall"]),
            _shares(n["low"], n["high"]),
        )
        for n in report["notice"]
    ]
    _table("Notice: how long an alarm had rung when it failed", ("at least", "failures", "told", "share", "95 %"), rows)
    leads = report["lead_time_h"]
    if leads:
        _say(
            "First alarm before the failure, quantiles: "
            + ", ".join(f"{q} {h:.3g}\N{NO-BREAK SPACE}h" for q, h in leads.items())
        )


def _components(report: Report) -> None:
    hours = sorted({int(h) for part in report["by_component"] for h in part["caught"]})
    rows = [
        (
            part["component"],
            f"{part['failures']:,}",
            *(_told(part, str(h)) for h in hours),
            f"{part['false_alarm_episodes']:,}",
            *(_number(part[name]) for name in ("f1", "average_precision", "brier_skill")),
        )
        for part in report["by_component"]
    ]
    heads = ("component", "failures", *(f"{h} h" for h in hours), "false alarms", "F1", "PR-AUC", "skill")
    _table("Components: failures told so many hours ahead", heads, rows)


def _told(part: Mapping[str, Any], hours: str) -> str:
    """Return how many were told, and of how many where not all of the failures could have been."""
    told, could = part["caught"][hours], part["could_have"][hours]
    return f"{told:,}" if could == part["failures"] else f"{told:,} of {could:,}"


def _months(months: Sequence[Mapping[str, Any]], record: BacktestRecord) -> None:
    rows = [
        (
            m["month"],
            f"{m['machine_months']:,.1f}",
            f"{m['expected']:.1f}",
            f"{m['low']} to {m['high']}",
            f"{m['observed']:,}",
            "" if m["low"] <= m["observed"] <= m["high"] else "outside",
        )
        for m in months
    ]
    heads = ("month", "machine-months", "expected", "95 %", "came", "")
    _table("Failures a month: what the forecasts add up to, and what came", heads, rows)
    if months:
        _say(trust.months_told(record))


def _worst(report: Report) -> None:
    rows = [(_KINDS[w["kind"]], _minute(w["time"]), w["machine"], w["component"], w["said"]) for w in report["worst"]]
    _table("The worst", ("", "time (UTC)", "machine", "component", "what was said"), rows, left=5)
    more = verdict.worst_left_out(report["worst_left_out"])
    if more:
        _say(more)


def _spread(report: Report) -> None:
    spread = report["spread"]
    rows = [
        (told, _number(s["mean"]), _number(s["low"]), _number(s["high"]))
        for name, told in _WITH_INTERVAL.items()
        if (s := spread.get(name)) is not None
    ]
    title = f"Over {terminal.counted(len(report['origins']), 'origin')}, each trained up to shortly before"
    _table(title, ("figure", "mean", "lowest", "highest"), rows)


def _priced(priced: Mapping[str, Any] | None) -> None:
    if priced is None:
        return
    rows = [(name.replace("_", " "), f"{cost:,.0f}") for name, cost in priced["cost_per_1000h"].items()]
    _table(f"Cost per 1,000 h [{priced['currency']}], {priced['subject']}", ("way of keeping it", "cost"), rows)
    _say(
        f"Gap closed, from best age to perfect foresight: {percent(priced['gap_closed'])} "
        f"({_shares(priced['gap_closed_low'], priced['gap_closed_high'])})"
        if priced["gap_closed"] is not None
        else "Gap closed: not known, because perfect foresight saved nothing over the best age"
    )


def _probes(probes: Iterable[Mapping[str, Any]]) -> None:
    found = list(probes)
    if not found:
        return
    _heading("Probes for leaks")
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for one in found:
        table.add_row(Text(*_MARKS[one["passed"]]), Text(one["name"]), Text(_told_probe(one)))
    terminal.out.print(table)


def _told_probe(one: Mapping[str, Any]) -> str:
    told = " ".join(filter(None, [sentence(one["asks"]), verdict.answered(one["passed"], one["said"])]))
    return f"{told}\nWhat to do: {one['remedy']}" if one["remedy"] else told


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print a table whose columns after the first `left` are numbers; nothing where there are no rows."""
    if not rows:
        return
    _heading(title)
    table = Table(*heads, box=None, padding=(0, 2, 0, 0))
    for column in table.columns[left:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*map(Text, row))
    terminal.out.print(table)


def _heading(text: str) -> None:
    terminal.out.print()
    terminal.out.print(Text(text, "bold"))


def _say(text: str) -> None:
    terminal.out.print(text, highlight=False)


def _day(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d}"


def _minute(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"


def _number(value: float | None) -> str:
    return _ABSENT if value is None else f"{value:.4g}"


def _shares(low: float | None, high: float | None) -> str:
    return _ABSENT if low is None or high is None else interval(low, high)


def _between(low: float | None, high: float | None) -> str:
    return _ABSENT if low is None or high is None else f"{_number(low)} to {_number(high)}"
