"""The charts of one machine: its forecasts over time, and its signals as small multiples."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import quantiles

from api.console.chart import Chart, Limit, Line, Mark
from api.console.words import label, number, percent, span
from api.reading.forecasts import ForecastPoint
from api.reading.records import HistoryRecord
from api.reading.signals import SignalSeries
from foreworn.health.failure_model import FailureModel
from foreworn.telemetry.signal import SignalCatalogue, SignalType

_COLOURS = 5
_MOST_MARKS = 200


def marks_of(records: Sequence[HistoryRecord]) -> tuple[Mark, ...]:
    """Return the newest records as marks on the time axis."""
    return tuple(Mark(r.time, r.kind, r.subject) for r in records[:_MOST_MARKS])


def forecast_chart(
    points: Sequence[ForecastPoint],
    model: FailureModel | None,
    marks: tuple[Mark, ...],
    *,
    start: datetime,
    end: datetime,
    components: Sequence[str],
) -> Chart | None:
    """Return one line per component; None where nothing was forecast in this time."""
    by_component: dict[str, list[ForecastPoint]] = defaultdict(list)
    for point in points:
        by_component[point.component].append(point)
    lines = []
    for place, component in enumerate(sorted({*components, *by_component})):
        known = sorted(by_component[component], key=lambda p: (p.time, p.issued_at))
        if known:
            values = {p.time: p.probability for p in known}
            lines.append(
                Line(component, tuple(values), tuple(values.values()), colour=place % _COLOURS + 1, dash=place)
            )
    if not lines:
        return None
    limits = () if model is None else (Limit(model.threshold, f"alarm threshold {percent(model.threshold)}"),)
    return Chart(
        id="forecast",
        title=_forecast_title(lines, model),
        axis="probability of failing",
        start=start,
        end=end,
        lines=tuple(lines),
        marks=marks,
        limits=limits,
        floor=0.0,
        ceiling=1.0,
    )


def _forecast_title(lines: Sequence[Line], model: FailureModel | None) -> str:
    top = max(lines, key=lambda line: line.values[-1])
    said = f"{top.name} stands highest, at {percent(top.values[-1])}"
    if model is None:
        return said
    if top.values[-1] < model.threshold:
        highest = max(max(line.values) for line in lines)
        return f"{said}; the highest of this time was {percent(highest)}"
    since = _above_since(top, model.threshold)
    return f"{said}, above the alarm threshold since {since:%a %d %b %H:%M} UTC"


def _above_since(line: Line, threshold: float) -> datetime:
    since = line.times[-1]
    for time, value in zip(reversed(line.times), reversed(line.values), strict=True):
        if value < threshold:
            break
        since = time
    return since


def signal_charts(
    series: Sequence[SignalSeries],
    catalogue: SignalCatalogue,
    marks: tuple[Mark, ...],
    *,
    start: datetime,
    end: datetime,
) -> list[Chart]:
    """Return one chart per numeric series; a signal has the same colour on every page."""
    several = {s.signal.name for s in series if sum(o.signal.name == s.signal.name for o in series) > 1}
    charts = []
    for number_, one in enumerate(series):
        if one.signal.type is SignalType.STATE:
            continue
        values = tuple(float(p.value) for p in one.points)
        banded = one.window is not None
        line = Line(
            name=label(one.signal),
            times=tuple(p.time for p in one.points),
            values=values,
            colour=catalogue.names.index(one.signal.name) % _COLOURS + 1,
            low=tuple(v if p.low is None else p.low for p, v in zip(one.points, values, strict=True)) if banded else (),
            high=tuple(v if p.high is None else p.high for p, v in zip(one.points, values, strict=True))
            if banded
            else (),
        )
        device = f", {one.device}" if one.signal.name in several else ""
        charts.append(
            Chart(
                id=f"signal-{number_}",
                title=f"{label(one.signal)}{device}: {_finding(one, values, end - start)}",
                axis=_axis(one),
                start=start,
                end=end,
                lines=(line,),
                marks=marks,
            )
        )
    return charts


def _axis(series: SignalSeries) -> str:
    unit = f" [{series.signal.unit}]" if series.signal.unit else ""
    how = "" if series.window is None else f", {span(series.window)} mean"
    return f"{label(series.signal)}{unit}{how}"


def _finding(series: SignalSeries, values: Sequence[float], length: timedelta) -> str:
    """Say where the newest value lies against the middle 90 % of what is shown."""
    unit = f" {series.signal.unit}" if series.signal.unit else ""
    now = f"{number(values[-1])}{unit}"
    if len(values) < 20 or series.signal.type is SignalType.COUNTER:
        return now
    cuts = quantiles(values, n=20)
    low, high = cuts[0], cuts[-1]
    ordinary = f"{number(low)}–{number(high)}"
    if values[-1] > high:
        return f"{now}, above its {ordinary} of these {span(length)}"
    if values[-1] < low:
        return f"{now}, below its {ordinary} of these {span(length)}"
    return f"{now}, within its {ordinary} of these {span(length)}"
