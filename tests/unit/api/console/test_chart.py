"""Charts, drawn by plotly and as a static picture."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import plotly.graph_objects as go
import pytest

from api.console.chart import Chart, Limit, Line, Mark
from api.console.machine_charts import forecast_chart, signal_charts
from api.console.picture import picture, probability_bar
from api.console.plotly_figure import plotly_figure
from api.reading.forecasts import ForecastPoint
from api.reading.records import Kind
from api.reading.signals import Point, SignalSeries
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from tests.unit.api.seeded_fleet import HOUR, NOW, VERSION, StubModel

TIMES = tuple(NOW + HOUR * n for n in range(30))
START, END = TIMES[0], TIMES[-1] + HOUR


def _chart(**changes: Any) -> Chart:
    line = Line("vibration", TIMES, tuple(float(n) for n in range(30)), colour=1)
    given: dict[str, Any] = {
        "id": "c",
        "title": "rising",
        "axis": "vibration [mm/s]",
        "start": START,
        "end": END,
        "lines": (line,),
        "marks": tuple(Mark(NOW + HOUR, kind, "<b>bearing</b>") for kind in Kind),
        "limits": (Limit(20.0, "limit & end"),),
    }
    return Chart(**(given | changes))


def _with_colours(figure: Any) -> Any:
    """Put a colour for every name of a style sheet's variable, as the page's script does."""
    return json.loads(re.sub(r'"--[a-z0-9-]+"', '"#123456"', json.dumps(figure)))


@pytest.mark.parametrize(
    "chart",
    [
        pytest.param(_chart(), id="a line with marks and a limit"),
        pytest.param(_chart(lines=(Line("x", TIMES[:1], (1.0,), colour=2),)), id="a single value"),
        pytest.param(
            _chart(lines=(Line("x", TIMES[:2], (1.0, 2.0), colour=2, low=(0.5, 1.0), high=(1.5, 3.0)),)), id="a band"
        ),
        pytest.param(_chart(lines=(Line("x", TIMES[:2], (0.0, 0.0), colour=2),), limits=()), id="nothing but zeros"),
        pytest.param(_chart(floor=0.0, ceiling=1.0), id="fixed ends"),
        pytest.param(_chart(usual=(4.0, 9.0)), id="a usual range"),
        pytest.param(
            _chart(lines=tuple(Line(f"x{n}", TIMES[:2], (1.0, 2.0), n) for n in range(1, 6))), id="five lines"
        ),
    ],
)
def test_plotly_accepts_every_figure_and_the_picture_is_well_formed(chart: Chart) -> None:
    go.Figure(_with_colours(plotly_figure(chart)))
    svg = ElementTree.fromstring(str(picture(chart)))
    assert svg.attrib["aria-label"] == f"{chart.title}. {chart.axis}"
    assert re.search(r"\b(nan|inf)\b", str(picture(chart))) is None


def test_the_quantity_with_its_unit_stands_on_figure_and_picture() -> None:
    assert plotly_figure(_chart())["layout"]["annotations"][0]["text"] == "vibration [mm/s]"
    assert ">vibration [mm/s]</text>" in str(picture(_chart()))


def test_failures_and_preventive_work_are_named_where_the_chart_has_room() -> None:
    named = _chart(names_marks=True)
    assert [m.words for m in named.named_marks] == ["<b>bearing</b> failed", "<b>bearing</b>: preventive maintenance"]
    assert "&lt;b&gt;bearing&lt;/b&gt; failed</text>" in str(picture(named))
    assert len(plotly_figure(named)["layout"]["annotations"]) == 4
    assert _chart().named_marks == ()


def test_the_picture_names_its_lines_where_there_are_several() -> None:
    lines = tuple(Line(name, TIMES[:2], (1.0, 2.0), n) for n, name in enumerate(("bearing", "seal"), 1))
    assert ">seal</text>" in str(picture(_chart(lines=lines)))
    assert ">bearing</text>" not in str(picture(_chart(lines=lines[:1])))


def test_every_colour_is_a_variable_of_the_style_sheet() -> None:
    css = Path("api/console/static/console.css").read_text()
    band = Line("x", TIMES[:2], (1.0, 2.0), colour=6, low=(0.5, 1.0), high=(1.5, 3.0))
    used = set(re.findall(r'"(--[a-z0-9-]+)"', json.dumps(plotly_figure(_chart(lines=(band,), usual=(1.0, 2.0))))))
    assert used
    assert {name for name in used if f"{name}:" not in css} == set()


def test_marks_differ_by_shape_and_word() -> None:
    figure = plotly_figure(_chart())
    marks = [t for t in figure["data"] if t.get("yaxis") == "y2"]
    assert len({t["marker"]["symbol"] for t in marks}) == len(Kind)
    assert {t["name"] for t in marks} == {kind.value for kind in Kind}
    assert all("&lt;b&gt;bearing" in t["text"][0] for t in marks)


def test_the_picture_escapes_names() -> None:
    svg = str(picture(_chart()))
    assert "&lt;b&gt;bearing" in svg
    assert "limit &amp; end" in svg


def test_the_bar_shows_share_and_threshold() -> None:
    bar = str(probability_bar(0.62, 0.4))
    assert "H62.0" in bar
    assert "M40.0" in bar
    assert "tick" not in str(probability_bar(0.62, None))


def _point(hours: int, probability: float, component: str = "bearing") -> ForecastPoint:
    return ForecastPoint(component, 24 * HOUR, NOW + HOUR * hours, probability, VERSION, 0, NOW)


@pytest.mark.parametrize(
    ("probabilities", "title"),
    [
        pytest.param([0.1, 0.5, 0.6], "above the alarm threshold since yesterday 07:00", id="rising over it"),
        pytest.param([0.9, 0.3, 0.5], "above the alarm threshold since yesterday 08:00", id="over it again"),
        pytest.param([0.5, 0.2], "at 20 %; the peak was bearing at 50 %, yesterday 06:00", id="fallen below it"),
        pytest.param(
            [0.1, 0.2], "at 20 %; no component was above the alarm threshold in this time", id="never over it"
        ),
        pytest.param([0.5, 0.005], "nothing is likely to fail now (at most <1 %, bearing)", id="over and mended"),
    ],
)
def test_the_forecast_charts_title_is_its_finding(probabilities: list[float], title: str) -> None:
    points = [_point(n, p) for n, p in enumerate(probabilities)]
    chart = forecast_chart(points, StubModel(), (), start=START, end=END, components=["bearing"])
    assert chart is not None
    assert title in chart.title


def test_a_component_keeps_its_colour_where_another_has_no_forecast() -> None:
    components = ["bearing", "filter", "seal"]
    chart = forecast_chart([_point(0, 0.1, "seal")], None, (), start=START, end=END, components=components)
    assert chart is not None
    assert [(line.name, line.colour, line.dash) for line in chart.lines] == [("seal", 3, 2)]


def test_nothing_forecast_is_no_chart() -> None:
    assert forecast_chart([], StubModel(), (), start=START, end=END, components=["bearing"]) is None


@pytest.mark.parametrize(
    ("last", "finding"),
    [
        pytest.param(50.0, "50 mm/s, above its", id="higher than usual"),
        pytest.param(-50.0, "−50 mm/s, below its", id="lower than usual"),
        pytest.param(5.0, "5 mm/s, inside its usual", id="as usual"),
    ],
)
def test_a_signal_charts_title_is_its_finding(last: float, finding: str) -> None:
    signal = Signal("vibration_rms", "mm/s", label="Vibration")
    points = (*(Point(t, float(n % 10)) for n, t in enumerate(TIMES)), Point(END - timedelta(seconds=9), last))
    series = SignalSeries(signal, "d", None, points)
    (chart,) = signal_charts([series], SignalCatalogue({"*": [signal]}), (), start=START, end=END)
    assert chart.title.startswith(f"Vibration {finding}")
    assert chart.axis == "Vibration [mm/s]"


def test_signals_that_raise_the_risk_come_first() -> None:
    signals = [Signal(name) for name in ("pressure", "rotation", "vibration")]
    series = [SignalSeries(signal, "d", None, (Point(NOW, 1.0),)) for signal in signals]
    catalogue = SignalCatalogue({"*": signals})
    charts = signal_charts(series, catalogue, (), start=START, end=END, first=["vibration", "E17", "rotation"])
    assert [c.lines[0].name for c in charts] == ["vibration", "rotation", "pressure"]
    assert [c.lines[0].colour for c in charts] == [3, 2, 1]


def test_states_are_not_drawn_as_numbers() -> None:
    signal = Signal("mode", type=SignalType.STATE, states=("idle",))
    series = SignalSeries(signal, "d", None, (Point(NOW, "idle"),))
    assert signal_charts([series], SignalCatalogue({"*": [signal]}), (), start=START, end=END) == []
