"""The charts of one machine: its forecasts over time, and its signals as small multiples."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from statistics import quantiles

from api.console.chart import Chart, Limit, Line, Mark
from api.console.words import label, number, percent, span, when
from api.reading.forecasts import ForecastPoint
from api.reading.records import HistoryRecord
from api.reading.signals import SignalSeries
from foreworn.health.failure_model import FailureModel
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType

_COLOURS = 5
_LIKELY_FROM = 0.01
_MOST_MARKS = 200
_FEWEST_FOR_USUAL = 20
_TOLD_IN_WORDS = (SignalType.STATE, SignalType.COUNTER)


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
        title=_forecast_title(lines, model, end),
        axis=f"chance of failing within {span(points[-1].horizon)}",
        start=start,
        end=end,
        lines=tuple(lines),
        marks=marks,
        limits=limits,
        floor=0.0,
        ceiling=1.0,
        names_marks=True,
    )


def _forecast_title(lines: Sequence[Line], model: FailureModel | None, now: datetime) -> str:
    top = max(lines, key=lambda line: line.values[-1])
    chance = percent(top.values[-1])
    said = f"{top.name} is the likeliest to fail now, at {chance}"
    if top.values[-1] < _LIKELY_FROM:
        said = f"nothing is likely to fail now (at most {chance}, {top.name})"
    if model is None:
        return said
    if top.values[-1] >= model.threshold:
        return f"{said}, above the alarm threshold since {when(_above_since(top, model.threshold), now)}"
    peak = max(lines, key=lambda line: max(line.values))
    highest = max(peak.values)
    if highest < model.threshold:
        return f"{said}; no component was above the alarm threshold in this time"
    at = peak.times[peak.values.index(highest)]
    return f"{said}; the peak was {peak.name} at {percent(highest)}, {when(at, now)}"


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
    first: Sequence[str] = (),
) -> list[Chart]:
    """Return one chart per measured series; a signal has the same colour on every page.

    States and counters are no curves: a page tells them in words. Signals named in `first` lead, in that order.
    """
    measured = [one for one in series if one.signal.type not in _TOLD_IN_WORDS]
    several = {name for name, count in Counter(one.signal.name for one in measured).items() if count > 1}
    ranks = {name: rank for rank, name in reversed(list(enumerate(first)))}
    measured.sort(key=lambda one: ranks.get(one.signal.name, len(ranks) + len(first)))
    charts = []
    for place, one in enumerate(measured):
        line = _signal_line(one, colour=catalogue.names.index(one.signal.name) % _COLOURS + 1)
        device = f", {one.device}" if one.signal.name in several else ""
        usual = _usual(line.values)
        charts.append(
            Chart(
                id=f"signal-{place}",
                title=f"{label(one.signal)}{device} {_finding(one.signal, line.values[-1], usual)}",
                axis=_axis(one),
                start=start,
                end=end,
                lines=(line,),
                marks=marks,
                usual=usual,
            )
        )
    return charts


def _signal_line(series: SignalSeries, *, colour: int) -> Line:
    values = tuple(float(p.value) for p in series.points)
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    if series.window is not None:
        low = tuple(v if p.low is None else p.low for p, v in zip(series.points, values, strict=True))
        high = tuple(v if p.high is None else p.high for p, v in zip(series.points, values, strict=True))
    return Line(label(series.signal), tuple(p.time for p in series.points), values, colour, low=low, high=high)


def _axis(series: SignalSeries) -> str:
    unit = f" [{series.signal.unit}]" if series.signal.unit else ""
    how = "" if series.window is None else f", {span(series.window)} mean, least and greatest"
    return f"{label(series.signal)}{unit}{how}"


def _usual(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the middle 90 % of the values; None of too few to speak of any."""
    if len(values) < _FEWEST_FOR_USUAL:
        return None
    cuts = quantiles(values, n=20)
    return cuts[0], cuts[-1]


def _finding(signal: Signal, newest: float, usual: tuple[float, float] | None) -> str:
    """Say where the newest value lies against the middle 90 % of what is shown."""
    unit = f" {signal.unit}" if signal.unit else ""
    now = f"{number(newest)}{unit}"
    if usual is None:
        return now
    low, high = usual
    ordinary = f"{number(low)}–{number(high)}"
    if low <= newest <= high:
        return f"{now}, inside its usual {ordinary}"
    return f"{now}, {'above' if newest > high else 'below'} its usual {ordinary}"
