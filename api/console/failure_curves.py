"""The failure curve of each component: how likely it has failed by when, as the standing forecasts say."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from api.console.chart import Chart, Line
from api.console.words import percent, span
from api.reading.fleet_state import MachineState
from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import Forecast

_COLOURS = 5
_POINTS = 48
_LONGEST = timedelta(days=30)
_PAST_THE_HORIZON = 4
"""How many times the longest horizon the curve is drawn out, if that is not beyond `_LONGEST`."""
_DRAWN_FROM = 0.01


def curve_chart(state: MachineState) -> Chart | None:
    """Return one curve per component that has a forecast worth drawing; None without any."""
    said: dict[str, list[Forecast]] = defaultdict(list)
    for forecast in state.forecasts:
        said[forecast.component].append(forecast)
    if not said:
        return None
    curves = {component: FailureCurve.of(_of_one_time(forecasts)) for component, forecasts in said.items()}
    start = max(f.time for f in state.forecasts)
    horizon = max(curve.horizon for curve in curves.values())
    length = max(horizon, min(_LONGEST, _PAST_THE_HORIZON * horizon))
    order = sorted({*state.machine.components, *curves})
    lines = [_line(place, name, curves[name], start, length) for place, name in enumerate(order) if name in curves]
    return Chart(
        id="curve",
        title=_title(curves, horizon, length),
        axis="chance of having failed",
        start=start,
        end=start + length,
        lines=tuple(lines),
        floor=0.0,
        ceiling=1.0,
    )


def _of_one_time(forecasts: Sequence[Forecast]) -> list[Forecast]:
    newest = max(f.time for f in forecasts)
    return [f for f in forecasts if f.time == newest]


def _line(place: int, name: str, curve: FailureCurve, start: datetime, length: timedelta) -> Line:
    steps = [length * n / _POINTS for n in range(_POINTS + 1)]
    times = tuple(start + step for step in steps)
    return Line(name, times, tuple(curve.probability(step) for step in steps), place % _COLOURS + 1, dash=place)


def _title(curves: dict[str, FailureCurve], horizon: timedelta, length: timedelta) -> str:
    name, curve = max(curves.items(), key=lambda item: item[1].probability(horizon))
    now, later = curve.probability(horizon), curve.probability(length)
    if later < _DRAWN_FROM:
        return f"no component is likely to fail within {span(length)}"
    further = f", {percent(later)} within {span(length)} if nothing is done" if length > horizon else ""
    return f"{name} fails first: {percent(now)} within {span(horizon)}{further}"
