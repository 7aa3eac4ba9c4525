from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binom

from foreworn.errors import NotFound
from foreworn.health.anomaly import AnomalyScore
from foreworn.telemetry.sample import MILLISECOND
from models.features import RowIndex
from tests.unit.models.anomaly.pumps import QUICK, changed, detector, pumps
from tests.unit.models.small_fleet import HOUR, at, machine

LATER = pumps(days=400, seed=6, first_day=200)
NOON = at(230 * 24 + 12)


def rows_of_later() -> list[tuple[str, datetime]]:
    return RowIndex.grid([m.id for m in LATER.machines], at(201 * 24), at(600 * 24), QUICK.every).pairs()


def test_healthy_rows_alarm_as_often_as_stated() -> None:
    scores = detector().score(LATER, rows_of_later())
    alarms = sum(score.is_above for score in scores)
    # Half as much again to either side of the stated rate is for the threshold: it comes from 800 rows itself.
    low = binom.ppf(0.005, len(scores), 0.5 * QUICK.false_alarm_rate)
    high = binom.ppf(0.995, len(scores), 1.5 * QUICK.false_alarm_rate)
    assert len(scores) > 5_000
    assert low <= alarms <= high


def test_p_values_of_healthy_rows_are_spread_evenly() -> None:
    p_values = np.array([s.p_value for s in detector().score(LATER, rows_of_later())])
    for level in (0.25, 0.5, 0.75):
        assert (p_values <= level).mean() == pytest.approx(level, abs=0.06)


@pytest.mark.parametrize(
    ("signal", "by"),
    [
        pytest.param("vibration", 1.5, id="a signal of its own"),
        pytest.param("pressure", -0.6, id="against the signals it goes with"),
    ],
)
def test_a_shift_in_one_signal_is_found_and_named(signal: str, by: float) -> None:
    (score,) = detector().score(changed(LATER, signal, "m3", by), [("m3", NOON)])
    before = detector().score(LATER, [("m3", NOON)])[0]
    first = score.contributions[0]
    assert not before.is_above
    assert score.is_above
    assert score.p_value < 0.001
    assert first.signal == signal
    assert first.share > 0.5
    assert not first.usual_low <= first.value <= first.usual_high


def test_a_shift_along_the_usual_directions_is_found_too() -> None:
    more = LATER
    for signal, by in (("flow", 25.0), ("current", 5.0), ("pressure", -2.0)):
        more = changed(more, signal, "m3", by)
    assert detector().score(more, [("m3", NOON)])[0].is_above


def test_shares_add_up_to_one() -> None:
    (score,) = detector().score(LATER, [("m1", NOON)])
    assert sum(c.share for c in score.contributions) == pytest.approx(1.0)
    assert [c.share for c in score.contributions] == sorted((c.share for c in score.contributions), reverse=True)


def test_what_comes_after_a_row_does_not_change_its_score() -> None:
    cut = LATER.until(NOON + MILLISECOND)
    assert detector().score(cut, [("m1", NOON)]) == detector().score(LATER, [("m1", NOON)])


def test_a_score_needs_no_more_than_the_lookback_and_no_other_rows() -> None:
    rows = [(m.id, NOON + h * HOUR) for h in range(5) for m in LATER.machines]
    together = detector().score(LATER, rows)
    recent = LATER.between(NOON - detector().lookback, NOON + MILLISECOND)
    alone = detector().score(recent, [("m2", NOON)])
    assert [(s.machine, s.time) for s in together] == rows
    assert alone == [s for s in together if (s.machine, s.time) == ("m2", NOON)]


def without(signal: str) -> AnomalyScore | None:
    nothing = pa.nulls(len(LATER.telemetry), pa.float64())
    column = LATER.telemetry.column_names.index(signal)
    bare = replace(LATER, telemetry=LATER.telemetry.set_column(column, signal, nothing))
    return next(iter(detector().score(bare, [("m1", NOON)])), None)


def test_a_missing_signal_is_neither_an_anomaly_nor_a_reason() -> None:
    score = without("current")
    assert score is not None
    assert not score.is_above
    assert "current" not in {c.signal for c in score.contributions}
    assert sum(c.share for c in score.contributions) == pytest.approx(1.0)


def test_a_row_with_too_few_signals_has_no_score() -> None:
    few = replace(LATER, telemetry=LATER.telemetry.select(["time", "machine", "vibration"]))
    assert detector().score(few, [("m1", NOON)]) == []


def test_a_silent_machine_has_no_score() -> None:
    assert detector().score(LATER.until(NOON - 3 * HOUR), [("m1", NOON)]) == []


def test_a_machine_of_a_model_that_was_not_learned_has_no_score() -> None:
    other = replace(LATER, machines=(*LATER.machines, machine("x", model="new-model")))
    assert [s.machine for s in detector().score(other, [("x", NOON), ("m1", NOON)])] == ["m1"]


def test_a_machine_nobody_knows_is_not_found() -> None:
    with pytest.raises(NotFound, match="no machine 'nobody'"):
        detector().score(LATER, [("nobody", NOON)])


def test_a_machine_that_training_did_not_know_is_held_against_the_spread_of_machines() -> None:
    names = pa.array(["stranger" if m == "m3" else m for m in LATER.telemetry["machine"].to_pylist()])
    telemetry = LATER.telemetry.set_column(1, "machine", names)
    renamed = replace(LATER, machines=(*LATER.machines, machine("stranger")), telemetry=telemetry)
    (stranger,) = detector().score(renamed, [("stranger", NOON)])
    (known,) = detector().score(LATER, [("m3", NOON)])
    assert stranger.threshold > 2 * known.threshold
    assert not stranger.is_above
