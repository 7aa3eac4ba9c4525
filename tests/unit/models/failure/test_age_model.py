from datetime import datetime, timedelta

import numpy as np
import pytest
from scipy.integrate import quad

from foreworn.economics.weibull_life import WeibullLife
from foreworn.fleet.machine import Machine
from foreworn.telemetry.sample import to_epoch_ms
from models.failure.age_model import AgeModel, failing, fit_age_model
from models.features import RowIndex
from tests.unit.models.small_fleet import at, history, machine

DAY = timedelta(days=1)
WEARING = WeibullLife(2.5, 40.0, failures=6)


def test_a_known_age_conditions_on_having_come_so_far() -> None:
    expected = 1 - WEARING.survival(37.0) / WEARING.survival(30.0)
    assert failing(WEARING, np.array([30.0]), 7.0)[0] == pytest.approx(expected)


def test_an_unknown_age_is_one_met_at_random() -> None:
    expected = quad(WEARING.survival, 0, 7.0)[0] / WEARING.mean
    assert failing(WEARING, np.array([np.nan]), 7.0)[0] == pytest.approx(expected)


@pytest.mark.parametrize(("failures", "widest"), [(1, 200.0), (6, 6.0), (60, 1.6)])
def test_more_failures_tell_more(failures: int, widest: float) -> None:
    told = AgeModel("seal", WeibullLife(2.0, 400.0, failures=failures)).within(np.array([5.0]), DAY)
    assert told.low[0] < told.probability[0] < told.high[0]
    assert told.high[0] / told.low[0] < widest


def test_a_longer_horizon_never_has_the_lower_probability() -> None:
    model = AgeModel("seal", WEARING)
    for age in (np.nan, 0.0, 12.0, 90.0):
        said = [model.within(np.array([age]), days * DAY).probability[0] for days in (0.1, 1, 2, 7, 30, 400)]
        assert said == sorted(said)
        assert 0 <= said[0] <= said[-1] <= 1


def test_lives_are_read_from_failures_and_maintenance() -> None:
    known = history(
        machines=[machine("m1"), machine("m2"), machine("m3", components=("bearing",))],
        failures=[("m1", at(20 * 24), "seal"), ("m2", at(30 * 24), "seal")],
        maintenance=[
            ("m1", at(10 * 24), "seal", "preventive"),
            ("m1", at(20 * 24), "seal", "corrective"),
            ("m2", at(30 * 24), "seal", "corrective"),
        ],
    )
    since, until = to_epoch_ms(at(0)), to_epoch_ms(at(50 * 24))
    watched = dict.fromkeys(("m1", "m2", "m3"), since)
    model = fit_age_model(known, "seal", since_ms=since, until_ms=until, watched_from=watched)
    assert model is not None
    assert (model.life.failures, model.life.assumed) == (2, True)
    assert model.life.scale == pytest.approx(((10**2 + 10**2 + 30**2 + 30**2 + 20**2) / 2) ** 0.5)
    assert fit_age_model(known, "bearing", since_ms=since, until_ms=until, watched_from=watched) is None
    rows = RowIndex.of([("m1", at(20 * 24)), ("m1", at(26 * 24)), ("m3", at(26 * 24))])
    assert model.age_days(known, rows).tolist() == pytest.approx([10.0, 6.0, np.nan], nan_ok=True)


def test_what_lasted_until_failures_were_recorded_counts_from_there() -> None:
    known = history(
        failures=[("m1", at(30 * 24), "seal")],
        maintenance=[("m1", at(day * 24), "seal", "preventive") for day in (5, 10, 40)],
    )
    since, until, watched = to_epoch_ms(at(0)), to_epoch_ms(at(50 * 24)), {"m1": to_epoch_ms(at(18 * 24))}
    model = fit_age_model(known, "seal", since_ms=since, until_ms=until, watched_from=watched)
    assert model is not None
    # 8 to 20 days, failed; then twice 10 days; what was over by day 18 may have failed unrecorded
    assert model.life.scale == pytest.approx((20**2 - 8**2 + 10**2 + 10**2) ** 0.5)
    assert fit_age_model(known, "seal", since_ms=since, until_ms=until, watched_from={}) is None


def test_a_machine_that_came_within_the_record_is_as_old_as_it_stands_there() -> None:
    new = Machine("m9", "px", "west", at(-12), ("seal",))
    known = history(machines=[machine("m1"), new], failures=[("m1", at(10 * 24), "seal")])
    rows = RowIndex.of([("m1", at(5 * 24)), ("m1", at(14 * 24)), ("m9", at(14 * 24))])
    model = AgeModel("seal", WEARING, since_ms=to_epoch_ms(at(0)))
    # m1 was there long before; its failure, of which no repair is on record, began a life, as where lives are read
    assert model.age_days(known, rows).tolist() == pytest.approx([np.nan, 4.0, 14.5], nan_ok=True)
    assert np.isnan(AgeModel("seal", WEARING).age_days(known, rows.where(np.array([2])))).all()


def test_a_life_that_began_with_its_record_is_one_of_known_length() -> None:
    fleet = [Machine(f"m{i}", "px", "west", at(-1), ("seal",)) for i in range(6)]
    failures = [(one.id, at(24 * (8 + i)), "seal") for i, one in enumerate(fleet)]
    known, watched = history(machines=fleet, failures=failures), {one.id: to_epoch_ms(at(0)) for one in fleet}
    model = fit_age_model(
        known, "seal", since_ms=to_epoch_ms(at(0)), until_ms=to_epoch_ms(at(336)), watched_from=watched
    )
    assert model is not None
    assert (model.life.failures, model.life.assumed) == (6, False)
    assert model.life.shape > 4


@pytest.mark.parametrize(
    ("maintenance", "retired", "days"),
    [
        pytest.param([], None, (20, 30), id="repairs are on record nowhere: it runs on at once"),
        pytest.param([("m1", at(35 * 24), "seal", "corrective")], None, (20, 15), id="it stands until its repair"),
        pytest.param([], at(20 * 24), (20,), id="the machine was taken out of service"),
    ],
)
def test_no_life_is_counted_while_a_component_does_not_run(
    maintenance: list[tuple[str, datetime, str, str]], retired: datetime | None, days: tuple[int, ...]
) -> None:
    one = Machine("m1", "px", "west", at(0), ("seal",), retired_at=retired)
    known = history(machines=[one], failures=[("m1", at(20 * 24), "seal")], maintenance=maintenance)
    since, until = to_epoch_ms(at(0)), to_epoch_ms(at(50 * 24))
    model = fit_age_model(known, "seal", since_ms=since, until_ms=until, watched_from={"m1": since})
    assert model is not None
    assert model.life.scale == pytest.approx(sum(day**2 for day in days) ** 0.5)


def test_a_failure_begins_a_life_even_where_an_earlier_replacement_is_on_record() -> None:
    known = history(failures=[("m1", at(30 * 24), "seal")], maintenance=[("m1", at(5 * 24), "seal", "preventive")])
    rows = RowIndex.of([("m1", at(day * 24)) for day in (25, 40)])
    assert AgeModel("seal", WEARING).age_days(known, rows).tolist() == pytest.approx([20.0, 10.0])
