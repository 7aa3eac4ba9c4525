import json
import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import forecast_table
from models.evaluation.logistic import logit
from models.failure.periods import cumulative
from models.failure.reasons import MISSING, MOST_REASONS
from models.features import RowIndex, compute
from tests.unit.models.failure.trained import UNTIL, fleet, model
from tests.unit.models.small_fleet import HOUR, at

NOW = at(45 * 24)
DAY = timedelta(hours=24)
ROWS = [(m.id, NOW + h * HOUR) for h in (0, 5) for m in fleet().machines]


def test_a_forecast_is_made_per_row_and_component() -> None:
    forecasts = model().forecast(fleet(), ROWS, issued_at=NOW + HOUR)
    assert [(f.machine, f.time, f.component) for f in forecasts] == [
        (*row, c) for row in ROWS for c in ("bearing", "seal")
    ]
    assert {(f.model_version, f.issued_at, f.horizon, f.revision) for f in forecasts} == {
        (model().version, NOW + HOUR, timedelta(hours=24), 0)
    }


def test_the_table_says_what_the_objects_say_to_the_last_bit() -> None:
    scored = model().score(fleet(), ROWS, issued_at=NOW + HOUR)
    objects = sorted(model().forecast(fleet(), ROWS, issued_at=NOW + HOUR), key=lambda f: f.component)
    assert scored.table().equals(forecast_table(objects))
    chosen = [7, 0, len(objects) - 1]
    assert scored.forecasts(chosen) == [objects[place] for place in chosen]


def test_what_is_said_by_age_is_in_the_table_too() -> None:
    known = fleet()
    strange = replace(known, machines=tuple(replace(m, model="unheard of") for m in known.machines[:3]))
    rows = [(m.id, NOW) for m in strange.machines]
    objects = sorted(model().forecast(strange, rows, issued_at=NOW), key=lambda f: f.component)
    assert model().score(strange, rows, issued_at=NOW).table().equals(forecast_table(objects))


def test_a_live_window_gives_the_same_forecast_as_the_whole_history() -> None:
    known = fleet()
    rows = [(m.id, NOW) for m in known.machines]
    live = replace(
        known.between(NOW - model().lookback, NOW + timedelta(milliseconds=1)), maintenance=known.maintenance
    )
    assert model().forecast(live, rows, issued_at=NOW) == model().forecast(known, rows, issued_at=NOW)


def test_the_order_of_rows_does_not_change_a_forecast() -> None:
    plain = model().forecast(fleet(), ROWS, issued_at=NOW)
    turned = model().forecast(fleet(), ROWS[::-1], issued_at=NOW)
    key = lambda f: (f.machine, f.time, f.component)  # noqa: E731
    assert sorted(plain, key=key) == sorted(turned, key=key)


def test_contributions_add_up_to_the_calibrated_log_odds() -> None:
    matrix = compute(model().features, fleet(), ROWS).matrix
    part = model().components["bearing"]
    first = part.periods[0]
    average = first.calibrator.log_odds(first.booster.contributions(matrix)[:, -1])
    expected = logit(part.probability(matrix, DAY)) - average
    np.testing.assert_allclose(part.contributions(matrix, DAY).sum(axis=1), expected, atol=1e-6)


def test_contributions_over_several_intervals_add_up_too() -> None:
    matrix = compute(model().features, fleet(), ROWS).matrix
    part, week = model().components["bearing"], timedelta(days=7)
    average = [p.calibrator.probability(p.booster.contributions(matrix)[:, -1]) for p in part.periods[:4]]
    expected = logit(part.probability(matrix, week)) - logit(cumulative(np.stack(average, axis=1))[:, -1])
    np.testing.assert_allclose(part.contributions(matrix, week).sum(axis=1), expected, atol=1e-6)


HORIZONS = [h * HOUR for h in (1, 12, 24, 30, 48, 100, 168, 336, 2_000)]


def test_any_horizon_is_read_off_one_curve_that_never_falls() -> None:
    forecasts = model().forecast(fleet(), ROWS[:2], issued_at=NOW, horizons=HORIZONS)
    for machine, time in ROWS[:2]:
        for component in ("bearing", "seal"):
            own = [f for f in forecasts if (f.machine, f.time, f.component) == (machine, time, component)]
            assert [f.horizon for f in own] == HORIZONS
            said = [f.probability for f in own]
            assert said == sorted(said)
            assert said[0] > 0
            curve = FailureCurve(own[0].curve)
            assert said == pytest.approx([curve.probability(h) for h in HORIZONS])


def test_the_curve_goes_through_the_forecast_at_the_models_own_horizon() -> None:
    for forecast in model().forecast(fleet(), ROWS, issued_at=NOW):
        assert dict(forecast.curve)[forecast.horizon] == forecast.probability
        assert tuple(horizon for horizon, _ in forecast.curve) == model().horizons


def test_a_machine_model_that_training_did_not_know_is_forecast_by_age_and_says_so() -> None:
    known = fleet()
    stranger = replace(known, machines=tuple(replace(m, model="pz") for m in known.machines))
    for forecast in model().forecast(stranger, ROWS[:3], issued_at=NOW):
        (reason,) = forecast.reasons
        assert reason.source == f"age of {forecast.component}"
        low, high = (float(x) / 100 for x in re.findall(r"probability (\S+) % to (\S+) %", reason.feature)[0])
        assert 0 < low < forecast.probability < high < 1
        assert "90% interval" in reason.feature


@pytest.mark.parametrize(
    ("component", "sources"), [("bearing", {"vibration", "E-bearing"}), ("seal", {"pressure", "E-seal"})]
)
def test_the_reasons_name_what_wears(component: str, sources: set[str]) -> None:
    known = fleet()
    failures = [r for r in known.failures.to_pylist() if r["component"] == component and r["time"] > UNTIL]
    row = (failures[0]["machine"], failures[0]["time"] - 3 * HOUR)
    (forecast,) = [f for f in model().forecast(known, [row], issued_at=row[1]) if f.component == component]
    assert forecast.probability > model().threshold
    reason = forecast.reasons[0]
    assert reason.source in sources
    assert reason.contribution > 0
    assert reason.value is not None
    assert reason.usual_low is not None
    assert reason.usual_high is not None
    assert not reason.usual_low < reason.value < reason.usual_high


def test_reasons_are_ranked_and_name_each_source_once() -> None:
    for forecast in model().forecast(fleet(), ROWS, issued_at=NOW):
        shares = [r.contribution for r in forecast.reasons]
        assert shares == sorted(shares, reverse=True)
        assert len({r.source for r in forecast.reasons}) == len(forecast.reasons) == MOST_REASONS


def test_a_machine_model_is_named_not_numbered() -> None:
    shown = [
        r for f in model().forecast(fleet(), ROWS, issued_at=NOW) for r in f.reasons if r.source == "machine model"
    ]
    assert {r.feature for r in shown} <= {"machine model px", "machine model py"}
    assert {(r.value, r.usual_low, r.usual_high) for r in shown} <= {(None, None, None)}


def test_a_silent_machine_is_scored_on_what_is_known() -> None:
    known = fleet()
    silent = replace(known, telemetry=known.telemetry.slice(0, 0), events=known.events.slice(0, 0))
    forecasts = model().forecast(silent, [("m01", NOW)], issued_at=NOW)
    assert [0 < f.probability < 1 for f in forecasts] == [True, True]
    for forecast in forecasts:
        assert forecast.reasons[-1].source == MISSING
        assert "nothing was said of pressure, vibration in the look-back" in forecast.reasons[-1].feature


def test_no_rows_give_no_forecasts() -> None:
    assert model().forecast(fleet(), [], issued_at=NOW) == []
    assert len(model().probabilities(fleet(), RowIndex.of([]))["seal"]) == 0


def test_the_description_is_json_and_names_what_was_learned() -> None:
    told = json.loads(json.dumps(model().describe(), allow_nan=False))
    assert told["trained_until"] == UNTIL.isoformat()
    assert told["components"] == ["bearing", "seal"]
    assert told["metrics"]["bearing"]["failures"] > 10
    assert told["left_out"] == {}
