"""Signals that fell silent: a component whose signs rest on them is forecast by its age, on every path, and says so."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import Forecast, forecast_table
from foreworn.loop.pricing.lives import RunLife
from foreworn.loop.pricing.told import told_along
from models.failure import GradientBoostedFailureModel, train
from models.failure.reasons import MISSING
from models.failure.silence import NO_FAILURE, Lost, SignalsHeard
from models.features import FeatureSet, MachineModel, RowIndex, WindowMean, WindowSpread
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import HOUR, START, at

NOW = at(45 * 24)
DAY = timedelta(days=1)
BY_SIGNALS = SMALL.model_copy(update={"trees": 15, "curve": (DAY,), "with_events": False})
QUIET = ("m03", "m07")
ROWS = [(m.id, NOW + h * HOUR) for h in (0, 5) for m in fleet().machines]


@cache
def model() -> GradientBoostedFailureModel:
    return train(fleet(), until=UNTIL, settings=BY_SIGNALS)


def silenced(known: FleetHistory, signal: str, machines: tuple[str, ...], since: datetime = START) -> FleetHistory:
    """Return the history in which some machines say nothing of a signal from a time on."""
    table = known.telemetry
    gone = pc.and_(pc.is_in(table["machine"], pa.array(machines)), pc.greater_equal(table["time"], pa.scalar(since)))
    values = pc.if_else(gone, pa.scalar(None, pa.float64()), table[signal])
    return replace(known, telemetry=table.set_column(table.column_names.index(signal), signal, values))


def said(known: FleetHistory, component: str) -> dict[tuple[str, datetime], Forecast]:
    found = model().forecast(known, ROWS, issued_at=NOW)
    return {(f.machine, f.time): f for f in found if f.component == component}


def test_a_component_whose_signal_fell_silent_is_forecast_by_age_and_says_which_signal_is_gone() -> None:
    age_model, whole = model().ages["seal"], said(fleet(), "seal")
    for (machine, time), forecast in said(silenced(fleet(), "pressure", QUIET), "seal").items():
        if machine not in QUIET:
            assert forecast == whole[machine, time]
            continue
        age = age_model.age_days(fleet(), RowIndex.of([(machine, time)]))
        by_age = age_model.within(age, model().horizon)
        assert forecast.probability == by_age.probability[0]
        assert [dict(forecast.curve)[h] for h in model().horizons] == [
            age_model.within(age, h).probability[0] for h in model().horizons
        ]
        first, last = forecast.reasons
        assert first.source == "age of seal"
        assert re.match(r"age alone, as \d+% of its signs fell silent: \d+ failures on record, a Weib", first.feature)
        assert "90% interval" in first.feature
        assert last.source == MISSING
        assert last.feature == "nothing was said of pressure lately: forecast by age"


def test_a_signal_that_hardly_tells_of_a_component_leaves_it_to_its_signs() -> None:
    heard, without = said(fleet(), "bearing"), said(silenced(fleet(), "pressure", QUIET), "bearing")
    assert model().rests_on["bearing"]["pressure"] < BY_SIGNALS.most_silent < model().rests_on["bearing"]["vibration"]
    for machine, time in without:
        forecast = without[machine, time]
        assert not any(reason.source.startswith("age of") for reason in forecast.reasons)
        assert forecast.probability == pytest.approx(heard[machine, time].probability, rel=0.5)
        if machine in QUIET:
            assert forecast.reasons[-1].feature == "nothing was said of pressure in the look-back: forecast without"


def test_all_paths_agree_on_a_fleet_of_which_some_fell_silent() -> None:
    known = silenced(silenced(fleet(), "pressure", QUIET), "vibration", QUIET[:1], since=NOW - 40 * HOUR)
    objects = sorted(model().forecast(known, ROWS, issued_at=NOW), key=lambda f: f.component)
    scored = model().score(known, ROWS, issued_at=NOW)
    assert scored.table().equals(forecast_table(objects))
    assert scored.forecasts([5, 29, 31]) == [objects[place] for place in (5, 29, 31)]
    told = model().probabilities(known, RowIndex.of(ROWS))
    assert [*told["bearing"], *told["seal"]] == [f.probability for f in objects]
    seal = RunLife(known.machines[3], "seal", NOW, NOW + 6 * HOUR, renewed=True)
    (along,) = told_along(model(), known, [seal], [model().horizon], every=HOUR)
    own = [f.probability for f in objects if (f.machine, f.component) == ("m03", "seal")]
    assert along.probability[[0, 5], 0].tolist() == own


def test_a_model_that_may_do_without_anything_never_falls_back() -> None:
    bold = replace(model().provenance, settings=BY_SIGNALS.model_copy(update={"most_silent": 1.0}))
    found = replace(model(), provenance=bold).forecast(silenced(fleet(), "pressure", QUIET), ROWS, issued_at=NOW)
    assert not any(reason.source.startswith("age of") for f in found for reason in f.reasons)


def test_a_signal_that_failures_were_learned_without_is_left_to_the_trees() -> None:
    share = tuple(tuple(0.98 * known for known in own) for own in model().heard.share)
    taught = replace(model(), heard=SignalsHeard(("pressure", "vibration"), share, {"seal": ("pressure",)}))
    found = taught.forecast(silenced(fleet(), "pressure", QUIET), ROWS, issued_at=NOW)
    assert not any(reason.source.startswith("age of") for f in found for reason in f.reasons)
    assert {f.machine for f in found if f.reasons[-1].source == MISSING} == set(QUIET)


def test_a_signal_that_dies_is_missed_once_its_short_windows_are_empty() -> None:
    died = silenced(fleet(), "pressure", ("m03",), since=NOW)
    found = model().forecast(died, [("m03", NOW + h * HOUR) for h in (1, 2, 3, 23)], issued_at=NOW)
    by_age = [f.reasons[0].source == "age of seal" for f in found if f.component == "seal"]
    assert by_age == [False, True, True, True]


@pytest.mark.parametrize(
    ("columns", "gone"),
    [
        pytest.param({"pressure": "bar"}, "pressure", id="a signal is renamed"),
        pytest.param({"pressure": "bar", "vibration": "shake"}, "pressure, vibration", id="nothing known is said"),
    ],
)
def test_what_is_said_under_another_name_is_not_heard(columns: dict[str, str], gone: str) -> None:
    known = fleet()
    names = [columns.get(name, name) for name in known.telemetry.column_names]
    renamed = replace(known, telemetry=known.telemetry.rename_columns(names))
    for forecast in said(renamed, "seal").values():
        assert forecast.by_known_age
        assert forecast.reasons[-1].feature == f"nothing was said of {gone} lately: forecast by age"


def test_a_machine_that_says_nothing_at_all_is_forecast_by_age() -> None:
    known = fleet()
    silent = replace(known, telemetry=known.telemetry.slice(0, 0))
    found = model().forecast(silent, [("m01", NOW), ("m02", NOW)], issued_at=NOW)
    assert len(found) == 4
    assert all(forecast.reasons[0].feature.startswith("age alone, as 100% of its signs") for forecast in found)
    assert model().score(silent, [("m01", NOW)], issued_at=NOW).table()["probability"].to_pylist() == [
        forecast.probability for forecast in found[:2]
    ]


FEATURES = FeatureSet(
    (
        *(kind(signal, 3 * HOUR) for signal in ("flow", "pressure") for kind in (WindowMean, WindowSpread)),
        MachineModel(("small", "large")),
    )
)
GAPS = np.nan
#  flow mean, flow spread, pressure mean, pressure spread, model
TAUGHT = np.array([[1.0, 0.1, 5.0, 0.2, 0.0], [1.0, GAPS, 6.0, 0.2, 0.0], [2.0, 0.1, GAPS, GAPS, 1.0]])


HEARD = SignalsHeard.of(FEATURES, TAUGHT, {"seal": np.array([0, NO_FAILURE, NO_FAILURE])}, fewest=1)


def lost(rows: list[list[float]], heard: SignalsHeard = HEARD) -> Lost:
    return heard.silence(FEATURES, np.array(rows)).lost("seal", np.array([1.0, 1.0, 5.0, 1.0, 2.0]))


def test_what_was_always_known_is_noted_for_each_machine_model() -> None:
    assert HEARD.signals == ("flow", "pressure")
    assert HEARD.share == ((1.0, 2 / 3, 2 / 3, 2 / 3, 1.0), (1.0, 0.5, 1.0, 1.0, 1.0), (1.0, 1.0, 0.0, 0.0, 1.0))
    assert SignalsHeard.from_data(HEARD.as_data()) == HEARD


def test_the_share_that_is_lost_is_of_what_such_machines_can_say() -> None:
    leaning = HEARD.leaning(FEATURES, np.array([1.0, 1.0, 5.0, 1.0, 2.0]))
    assert leaning.tolist() == [[0.2, 0.6], [0.2, 0.6], [0.5, 0.0]]
    missed = lost([[GAPS, GAPS, GAPS, GAPS, m] for m in (0.0, 1.0)])
    assert (missed.share.tolist(), missed.names(0), missed.names(1)) == (
        pytest.approx([0.8, 0.5]),
        ["flow", "pressure"],
        ["flow"],
    )
    assert not HEARD.leaning(FEATURES, np.zeros(5)).any()


def test_a_window_that_was_always_known_and_is_empty_is_lost_though_another_still_holds_something() -> None:
    missed = lost([[1.0, 0.1, GAPS, 0.2, 0.0], [1.0, GAPS, 5.0, 0.2, 0.0]])
    assert missed.share.tolist() == [0.5, 0.0]


@pytest.mark.parametrize(("failures", "expected"), [((0, 1), 0.0), ((0, 0), 0.6), ((NO_FAILURE, NO_FAILURE), 0.6)])
def test_only_failures_that_came_without_a_signal_teach_to_do_without_it(
    failures: tuple[int, int], expected: float
) -> None:
    taught = np.array([[1.0, 0.1, GAPS, GAPS, 0.0], [1.0, 0.1, GAPS, GAPS, 0.0], [1.0, 0.1, 5.0, 0.2, 0.0]])
    heard = SignalsHeard.of(FEATURES, taught, {"seal": np.array([*failures, 2])}, fewest=2)
    assert lost([[1.0, 0.1, GAPS, GAPS, 0.0]], heard).share.tolist() == pytest.approx([expected])
