import numpy as np
import pyarrow as pa
import pytest

from models.evaluation.judgement import Judgement, judge
from models.evaluation.worst import MissKind, worst_misses
from tests.unit.models.evaluation.test_judgement import forecasts
from tests.unit.models.small_fleet import HOUR, at, history

DAY = 24 * HOUR


def said(told: dict[tuple[str, int], float], failures: list[tuple[str, float]], hours: int = 480) -> Judgement:
    """Forecasts of two seals every 3 h at 0.1, those told at (machine, hour) otherwise; an alarm from 0.5 on."""
    table = forecasts({"seal": []}, hours=hours)
    keys = zip(table["machine"].to_pylist(), table["time"].to_pylist(), strict=True)
    probability = [told.get((m, round((t - at(0)) / HOUR)), 0.1) for m, t in keys]
    table = table.set_column(4, "probability", pa.array(probability))
    record = history(failures=[(m, at(h), "seal") for m, h in failures]).failures
    return judge(table, record, threshold=0.5, start=at(0), end=at(hours))


def test_the_worst_come_first_with_what_was_said_of_them() -> None:
    told = {("m1", 90): 0.3, ("m1", 195): 0.8, ("m2", 60): 0.7, ("m2", 63): 0.9, ("m2", 240): 0.6, ("m1", 300): 0.95}
    judged = said(told, [("m1", 96), ("m1", 198), ("m2", 400), ("m1", 310)])
    found = worst_misses(judged, {"m1": 0.5, "m2": 0.5}, horizon=DAY)
    assert [(m.kind, m.machine, m.time, m.probability, m.lead_time_h) for m in found] == [
        (MissKind.MISSED, "m2", ms(400), 0.1, None),
        (MissKind.MISSED, "m1", ms(96), 0.3, None),
        (MissKind.LATE, "m1", ms(198), 0.8, 3.0),
        (MissKind.LATE, "m1", ms(310), 0.95, 10.0),
        (MissKind.FALSE_ALARM, "m2", ms(60), 0.9, None),
        (MissKind.FALSE_ALARM, "m2", ms(240), 0.6, None),
    ]
    assert {m.threshold for m in found} == {0.5}


@pytest.mark.parametrize(
    ("false_alarms", "kept"),
    [
        pytest.param(0, (10, 0), id="without false alarms all places are for failures"),
        pytest.param(2, (8, 2), id="few false alarms leave the rest to failures"),
        pytest.param(6, (7, 3), id="three places are kept for false alarms"),
    ],
)
def test_ten_are_shown(false_alarms: int, kept: tuple[int, int]) -> None:
    rings = {("m2", 30 * i): 0.9 for i in range(1, false_alarms + 1)}
    judged = said(rings, [("m1", 20.0 + 30 * i) for i in range(12)])
    kinds = [m.kind for m in worst_misses(judged, {"m1": 0.5, "m2": 0.5}, horizon=DAY)]
    assert (kinds.count(MissKind.MISSED), kinds.count(MissKind.FALSE_ALARM)) == kept


def test_a_failure_that_nothing_was_said_before_has_no_probability() -> None:
    judged = said({}, [("m1", 96)])
    silent = judged.scored.where(judged.scored.machine != "m1")
    emptied = Judgement(**{name: getattr(judged, name) for name in judged.__slots__ if name != "scored"}, scored=silent)
    (found,) = worst_misses(emptied, {"m1": 0.5, "m2": 0.5}, horizon=DAY)
    assert np.isnan(found.probability)


def ms(hours: float) -> int:
    return int(at(hours).timestamp() * 1000)
