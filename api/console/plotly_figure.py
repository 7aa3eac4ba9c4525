"""A chart as plotly's JSON; colours are names of the style sheet's variables, which the page's script resolves."""

from datetime import UTC, datetime
from html import escape
from typing import Any

from api.console.chart import Chart, Line
from api.console.words import exact
from api.reading.records import Kind

_DASHES = ("solid", "6px,2px", "2px,2px", "8px,2px,2px,2px", "12px,3px")
"""Short gaps: a steep peak of a dashed line must not fall into one."""
SYMBOLS = {
    Kind.FAILURE: "x",
    Kind.PREVENTIVE: "triangle-up",
    Kind.CORRECTIVE: "triangle-down",
    Kind.EVENT: "circle-open",
}
MARK_COLOURS = {Kind.FAILURE: "--alarm", Kind.EVENT: "--quiet"}
_STRIP = 0.1
"""Share of the height below the values that the marks have to themselves."""
_TIME_FORMATS = [
    {"dtickrange": [None, 86_399_999], "value": "%-d %b %H:%M"},
    {"dtickrange": [86_400_000, None], "value": "%-d %b"},
]
_LINED = (Kind.FAILURE, Kind.PREVENTIVE, Kind.CORRECTIVE)


def plotly_figure(chart: Chart) -> dict[str, Any]:
    """Return `data` and `layout` for `Plotly.newPlot`."""
    traces = [trace for line in chart.lines for trace in _line_traces(line)]
    return {"data": [*traces, *_mark_traces(chart)], "layout": _layout(chart)}


def _stamp(time: datetime) -> str:
    # plotly shows times as they are written
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _plain(text: str) -> str:
    """Keep plotly from reading markup in names that devices gave."""
    return escape(text, quote=False)


def _line_traces(line: Line) -> list[dict[str, Any]]:
    times, colour = [_stamp(t) for t in line.times], f"--c{line.colour}"
    main = {
        "x": times,
        "y": list(line.values),
        "name": _plain(line.name),
        "mode": "lines" if len(times) > 1 else "markers",
        "line": {"color": colour, "width": 1.5, "dash": _DASHES[line.dash % len(_DASHES)]},
        "marker": {"color": colour},
    }
    if not line.low:
        return [main]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, "x": times}
    band = {**edge, "y": list(line.high), "fill": "tonexty", "fillcolor": f"{colour}-faint"}
    return [{**edge, "y": list(line.low)}, band, main]


def _mark_traces(chart: Chart) -> list[dict[str, Any]]:
    traces = []
    for kind, symbol in SYMBOLS.items():
        marks = [m for m in chart.marks if m.kind is kind]
        if marks:
            traces.append(
                {
                    "x": [_stamp(m.time) for m in marks],
                    "y": [0.5] * len(marks),
                    "yaxis": "y2",
                    "name": kind.value,
                    "mode": "markers",
                    "marker": {"symbol": symbol, "size": 8, "color": MARK_COLOURS.get(kind, "--ink")},
                    "text": [_plain(f"{m.words}, {exact(m.time)}") for m in marks],
                    "hoverinfo": "text",
                    "showlegend": False,
                }
            )
    return traces


def _layout(chart: Chart) -> dict[str, Any]:
    least, greatest = chart.extent
    axis = {"gridcolor": "--line", "linecolor": "--line", "zeroline": False, "fixedrange": False}
    return {
        "xaxis": {
            **axis,
            "anchor": "y2",
            "range": [_stamp(chart.start), _stamp(chart.end)],
            "showgrid": False,
            "nticks": 6,
            "tickformatstops": _TIME_FORMATS,
        },
        "yaxis": {
            **axis,
            "domain": [_STRIP, 1],
            "range": [least, greatest],
            "nticks": 5,
            "tickformat": ".0%" if chart.ceiling == 1 else "",
        },
        "yaxis2": {"domain": [0, _STRIP], "range": [0, 1], "visible": False, "fixedrange": True},
        "shapes": [*_usual_range(chart), *_mark_lines(chart), *_limit_lines(chart)],
        "annotations": [_axis_name(chart), *_limit_names(chart), *_mark_names(chart)],
        "showlegend": len(chart.lines) > 1,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.12, "yanchor": "top"},
        "margin": {"l": 48, "r": 8, "t": 24, "b": 32},
        "hovermode": "x unified" if len(chart.lines) > 1 else "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 13, "color": "--quiet"},
        "hoverlabel": {"bgcolor": "--paper", "font": {"color": "--ink"}},
    }


def _axis_name(chart: Chart) -> dict[str, Any]:
    """Name the quantity level above its axis: turned by a quarter it would be cut off on a low chart."""
    return {
        **_note(chart.axis, "--quiet"),
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
    }


def _note(text: str, colour: str) -> dict[str, Any]:
    return {"text": _plain(text), "showarrow": False, "font": {"size": 13, "color": colour}}


def _usual_range(chart: Chart) -> list[dict[str, Any]]:
    if chart.usual is None:
        return []
    low, high = chart.usual
    return [
        {
            "type": "rect",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": low,
            "y1": high,
            "layer": "below",
            "line": {"width": 0},
            "fillcolor": "--usual",
        }
    ]


def _mark_names(chart: Chart) -> list[dict[str, Any]]:
    """Name what was done beside its rule, on two levels in turn; in the right half to its left."""
    middle = chart.start + (chart.end - chart.start) / 2
    return [
        {
            **_note(mark.words, MARK_COLOURS.get(mark.kind, "--ink")),
            "x": _stamp(mark.time),
            "xanchor": "right" if mark.time > middle else "left",
            "yref": "paper",
            "y": 1 - 0.1 * (place % 2),
            "yanchor": "top",
        }
        for place, mark in enumerate(chart.named_marks)
    ]


def _mark_lines(chart: Chart) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "x0": _stamp(m.time),
            "x1": _stamp(m.time),
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": MARK_COLOURS.get(m.kind, "--quiet"), "width": 1, "dash": "dot"},
        }
        for m in chart.marks
        if m.kind in _LINED
    ]


def _limit_lines(chart: Chart) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": limit.value,
            "y1": limit.value,
            "line": {"color": "--ink", "width": 1, "dash": "dash"},
        }
        for limit in chart.limits
    ]


def _limit_names(chart: Chart) -> list[dict[str, Any]]:
    return [
        {
            **_note(limit.name, "--ink"),
            "xref": "paper",
            "x": 0,
            "xanchor": "left",
            "y": limit.value,
            "yanchor": "bottom",
        }
        for limit in chart.limits
    ]
