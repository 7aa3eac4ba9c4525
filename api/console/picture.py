"""A chart as a static picture (SVG): what stands on the page without script."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from api.console.chart import Chart, Line, Mark
from api.console.words import number, percent
from api.reading.records import Kind

_WIDTH, _HEIGHT = 440, 196
_LEFT, _RIGHT, _TOP, _BOTTOM, _AXIS = 48, 436, 24, 158, 172
"""The values stand between top and bottom, the marks between bottom and the time axis."""
_LEGEND_HEIGHT, _LEGEND_STEP, _LEGEND_COLUMNS = 22, 96, 4
_CLASSES = {
    Kind.FAILURE: "failure",
    Kind.PREVENTIVE: "preventive",
    Kind.CORRECTIVE: "corrective",
    Kind.EVENT: "event",
}


class _Frame:
    """Turns times and values into places on the picture."""

    def __init__(self, chart: Chart) -> None:
        self._start, self._span = chart.start, (chart.end - chart.start).total_seconds()
        self._least, self._greatest = chart.extent

    def x(self, time: datetime) -> float:
        return _LEFT + (time - self._start).total_seconds() / self._span * (_RIGHT - _LEFT)

    def y(self, value: float) -> float:
        return _BOTTOM - (value - self._least) / (self._greatest - self._least) * (_BOTTOM - _TOP)


def picture(chart: Chart) -> Markup:
    """Return the chart as inline SVG without styles of its own; the style sheet draws its classes."""
    frame = _Frame(chart)
    parts = [_usual(frame, chart), _axes(chart)]
    parts += [_limit(frame, limit.value, limit.name) for limit in chart.limits]
    parts += [_band(frame, line) + _line(frame, line) for line in chart.lines]
    parts += [_mark(frame, mark) for mark in chart.marks]
    parts += [_mark_name(frame, mark, place % 2) for place, mark in enumerate(chart.named_marks)]
    height = _HEIGHT
    if len(chart.lines) > 1:
        parts += [_legend(place, line) for place, line in enumerate(chart.lines)]
        height += _LEGEND_HEIGHT * (1 + (len(chart.lines) - 1) // _LEGEND_COLUMNS)
    head = Markup('<svg class="picture" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        _WIDTH, height, f"{chart.title}. {chart.axis}"
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def _axes(chart: Chart) -> Markup:
    least, greatest = chart.extent
    show = percent if chart.ceiling == 1 else number
    labels = [
        (_LEFT - 6, _BOTTOM, "end", show(least)),
        (_LEFT - 6, _TOP + 10, "end", show(greatest)),
        (0, 12, "start", chart.axis),
        (_LEFT, _HEIGHT - 6, "start", f"{chart.start.day} {chart.start:%b}"),
        (_RIGHT, _HEIGHT - 6, "end", f"{chart.end.day} {chart.end:%b %H:%M} UTC"),
    ]
    texts = [Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(*entry) for entry in labels]
    return Markup('<path class="axis" d="M{0} {1}V{2}H{3}"/>').format(_LEFT, _TOP, _AXIS, _RIGHT) + Markup("").join(
        texts
    )


def _line(frame: _Frame, line: Line) -> Markup:
    if len(line.times) == 1:
        return Markup('<circle class="dot c{}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(
            line.colour, frame.x(line.times[0]), frame.y(line.values[0])
        )
    return Markup('<polyline class="curve c{} d{}" points="{}"><title>{}</title></polyline>').format(
        line.colour, line.dash % 5, _points(frame, line.times, line.values), line.name
    )


def _band(frame: _Frame, line: Line) -> Markup:
    if not line.low:
        return Markup("")
    outline = f"{_points(frame, line.times, line.high)} {_points(frame, line.times[::-1], line.low[::-1])}"
    return Markup('<polygon class="band c{}" points="{}"/>').format(line.colour, outline)


def _points(frame: _Frame, times: Sequence[datetime], values: Sequence[float]) -> str:
    return " ".join(f"{frame.x(t):.1f},{frame.y(v):.1f}" for t, v in zip(times, values, strict=True))


def _limit(frame: _Frame, value: float, name: str) -> Markup:
    y = frame.y(value)
    return Markup('<path class="limit" d="M{} {:.1f}H{}"/><text x="{}" y="{:.1f}">{}</text>').format(
        _LEFT, y, _RIGHT, _LEFT + 4, y - 4, name
    )


def _mark(frame: _Frame, mark: Mark) -> Markup:
    x, y = frame.x(mark.time), (_BOTTOM + _AXIS) / 2
    shapes = {
        Kind.FAILURE: f"M{x - 4:.1f} {y - 4}l8 8m0 -8l-8 8",
        Kind.PREVENTIVE: f"M{x - 4:.1f} {y + 4}h8l-4 -8z",
        Kind.CORRECTIVE: f"M{x - 4:.1f} {y - 4}h8l-4 8z",
        Kind.EVENT: f"M{x - 3:.1f} {y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
    }
    rule = Markup("")
    if mark.kind is not Kind.EVENT:
        rule = Markup('<path class="rule {}" d="M{:.1f} {}V{}"/>').format(_CLASSES[mark.kind], x, _TOP, _AXIS)
    shape = Markup('<path class="mark {}" d="{}"><title>{}</title></path>').format(
        _CLASSES[mark.kind], shapes[mark.kind], mark.words
    )
    return rule + shape


def _mark_name(frame: _Frame, mark: Mark, level: int) -> Markup:
    x = frame.x(mark.time)
    late = x > (_LEFT + _RIGHT) / 2
    return Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
        x - 4 if late else x + 4, _TOP + 12 + 16 * level, "end" if late else "start", mark.words
    )


def _legend(place: int, line: Line) -> Markup:
    row, column = divmod(place, _LEGEND_COLUMNS)
    x, y = _LEFT + column * _LEGEND_STEP, _HEIGHT + 12 + row * _LEGEND_HEIGHT
    return Markup('<path class="curve c{} d{}" d="M{} {}h24"/><text x="{}" y="{}">{}</text>').format(
        line.colour, line.dash % 5, x, y - 4, x + 28, y, line.name
    )


def _usual(frame: _Frame, chart: Chart) -> Markup:
    if chart.usual is None:
        return Markup("")
    low, high = (frame.y(value) for value in chart.usual)
    return Markup('<rect class="usual" x="{}" y="{:.1f}" width="{}" height="{:.1f}"/>').format(
        _LEFT, high, _RIGHT - _LEFT, low - high
    )


def probability_bar(probability: float, threshold: float | None) -> Markup:
    """Return a small bar of a probability, with a tick at the alarm threshold where there is one."""
    tick = Markup("")
    if threshold is not None:
        tick = Markup('<path class="tick" d="M{:.1f} 0V10"/>').format(threshold * 100)
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" aria-hidden="true" preserveAspectRatio="none">'
        '<path class="rest" d="M0 5H100"/><path class="part" d="M0 5H{:.1f}"/>{}</svg>'
    ).format(probability * 100, tick)
