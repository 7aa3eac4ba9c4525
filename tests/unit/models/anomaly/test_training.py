from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from models.anomaly import SubspaceDetector, train
from tests.unit.models.anomaly.pumps import QUICK, SIGNALS, TRAINED_UNTIL, detector, pumps
from tests.unit.models.small_fleet import at, history, machine

DUTIES = ("eco", "boost")


def with_columns(past: FleetHistory, **columns: pa.Array) -> FleetHistory:
    telemetry = past.telemetry
    for name, values in columns.items():
        known = telemetry.column_names
        telemetry = (
            telemetry.set_column(known.index(name), name, values)
            if name in known
            else telemetry.append_column(name, values)
        )
    return replace(past, telemetry=telemetry)


def regimes_of(trained: SubspaceDetector) -> list[str]:
    return sorted(part.label for part in trained.watches["px"].parts.values())


def test_the_same_history_gives_the_same_detector() -> None:
    again = train(pumps(), until=TRAINED_UNTIL, settings=QUICK)
    assert again.version == detector().version
    assert again.describe() == detector().describe()


def test_another_history_or_setting_gives_another_version() -> None:
    other = train(pumps(seed=9), until=TRAINED_UNTIL, settings=QUICK)
    stricter = train(pumps(), until=TRAINED_UNTIL, settings=QUICK.model_copy(update={"false_alarm_rate": 0.01}))
    assert len({detector().version, other.version, stricter.version}) == 3


def test_what_is_stamped_at_or_after_the_end_teaches_nothing() -> None:
    until = at(150 * 24)
    assert (
        train(pumps(), until=until, settings=QUICK).version
        == train(pumps().until(until), until=until, settings=QUICK).version
    )


def test_where_the_record_ends_early_nothing_is_known_after_its_end() -> None:
    past = pumps()
    margin = QUICK.model_copy(update={"before_failure": timedelta(days=7)})
    late = train(past, until=TRAINED_UNTIL + timedelta(days=90), settings=margin)
    assert late.version == train(past, until=TRAINED_UNTIL, settings=margin).version
    assert late.provenance.trained_until < TRAINED_UNTIL


def test_too_little_history_says_what_is_missing() -> None:
    with pytest.raises(
        TooLittleHistory, match=r"px: regime 'any': \d+ healthy rows to fit on and \d+ held out; 200 of"
    ):
        train(pumps(), until=at(40 * 24), settings=QUICK)


def test_a_history_without_telemetry_is_too_little() -> None:
    with pytest.raises(TooLittleHistory, match="px: no healthy row"):
        train(history(), until=TRAINED_UNTIL, settings=QUICK)


def test_a_model_with_too_little_history_is_left_out_with_the_reason() -> None:
    past = pumps()
    trained = train(replace(past, machines=(*past.machines, machine("x", "rare"))), until=TRAINED_UNTIL, settings=QUICK)
    assert list(trained.watches) == ["px"]
    assert trained.models_left_out == {"rare": "no healthy row among 0"}


def test_a_constant_and_a_counter_are_not_watched() -> None:
    past = pumps()
    count = len(past.telemetry)
    starts = pa.array(np.tile(np.arange(count // 8) * 3, 8), pa.int64())
    past = with_columns(past, setpoint=pa.array(np.full(count, 4.2)), starts=starts)
    (part,) = train(past, until=TRAINED_UNTIL, settings=QUICK).watches["px"].parts.values()
    assert part.signals == SIGNALS


def on_duty(past: FleetHistory, *, days: int = 3) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return 0 or 1 per sample, changing every few days."""
    hours = np.arange(len(past.telemetry) // 8)
    return np.tile(hours // (24 * days) % 2, 8)


def test_states_are_regimes_and_each_is_compared_with_itself() -> None:
    past = pumps()
    boost = on_duty(past)
    vibration = past.telemetry["vibration"].to_numpy() + 3 * boost
    past = with_columns(past, duty=pa.array([DUTIES[b] for b in boost]), vibration=pa.array(vibration))
    trained = train(past, until=TRAINED_UNTIL, settings=QUICK)
    assert regimes_of(trained) == ["duty boost", "duty eco"]
    eco, boosted = at(150 * 24 + 60), at(153 * 24 + 60)
    assert [s.regime for s in trained.score(past, [("m1", eco), ("m1", boosted)])] == ["duty eco", "duty boost"]
    swapped = with_columns(past, duty=pa.array([DUTIES[1 - b] for b in boost]))
    assert not any(s.is_above for s in trained.score(past, [("m1", eco), ("m1", boosted)]))
    assert all(s.is_above for s in trained.score(swapped, [("m1", eco), ("m1", boosted)]))


def test_levels_of_load_are_regimes() -> None:
    past = pumps()
    load = 30.0 + 40.0 * on_duty(past) + np.random.default_rng(3).normal(size=len(past.telemetry))
    trained = train(with_columns(past, load=pa.array(load)), until=TRAINED_UNTIL, settings=QUICK)
    below, above = regimes_of(trained)
    assert (below[:11], above[:10]) == ("load below ", "load from ")


def test_one_step_of_wear_is_no_regime() -> None:
    past = pumps()
    hours = np.tile(np.arange(len(past.telemetry) // 8), 8)
    worn = past.telemetry["vibration"].to_numpy() + 40 * (hours > 1_500)
    trained = train(with_columns(past, vibration=pa.array(worn)), until=TRAINED_UNTIL, settings=QUICK)
    assert regimes_of(trained) == ["any"]


def test_a_regime_without_history_is_still_watched_by_what_is_usual_altogether() -> None:
    past = pumps()
    hours = np.tile(np.arange(len(past.telemetry) // 8), 8)
    duty = np.where(hours % 40 == 0, "flush", "pump")
    settings = QUICK.model_copy(update={"fewest_share": 0.02})
    trained = train(with_columns(past, duty=pa.array(duty.tolist())), until=TRAINED_UNTIL, settings=settings)
    watch = trained.watches["px"]
    assert regimes_of(trained) == ["duty pump"]
    assert "200 of each are needed" in watch.left_out["duty flush"]
    flushing = at(40 * 60)
    (score,) = trained.score(with_columns(past, duty=pa.array(duty.tolist())), [("m1", flushing)])
    assert score.regime == "any"


def test_standing_machines_teach_nothing_and_have_no_score() -> None:
    past = pumps()
    still = on_duty(past, days=5).astype(bool)
    frozen = {name: pa.array(np.where(still, -99.0, past.telemetry[name].to_numpy())) for name in SIGNALS}
    states = pa.array(np.where(still, "Standby", "running").tolist())
    past = with_columns(past, run_state=states, **frozen)
    trained = train(past, until=TRAINED_UNTIL, settings=QUICK)
    assert regimes_of(trained) == ["any"]
    running, just_stopped, standing = at(150 * 24 + 60), at(155 * 24 + 1), at(155 * 24 + 60)
    asked = [("m1", time) for time in (running, just_stopped, standing)]
    assert [s.time for s in trained.score(past, asked)] == [running]
    first_running_hours = at(160 * 24 + 2)
    (score,) = trained.score(past, [("m1", first_running_hours)])
    assert all(c.value > -5 for c in score.contributions)  # what it said while it stood is not in the mean


def test_a_counter_of_hours_that_does_not_move_is_a_machine_that_stands() -> None:
    past = pumps()
    still = on_duty(past, days=5)
    hours = np.concatenate([np.cumsum(1 - part) for part in np.split(still, 8)])
    past = with_columns(past, hours_run=pa.array(hours, pa.int64()))
    trained = train(past, until=TRAINED_UNTIL, settings=QUICK)
    running, standing = at(150 * 24 + 60), at(155 * 24 + 60)
    assert [s.time for s in trained.score(past, [("m1", running), ("m1", standing)])] == [running]


def test_the_days_before_a_failure_teach_nothing() -> None:
    past = pumps()
    hours = np.arange(len(past.telemetry) // 8)
    failures = [(m.id, at(h), "bearing") for m in past.machines for h in range(500, len(hours), 500)]
    dying = np.tile((hours > 48) & (hours % 500 >= 452), 8)
    ill = with_columns(past, vibration=pa.array(past.telemetry["vibration"].to_numpy() + 5 * dying))
    known = replace(ill, failures=history(machines=past.machines, failures=failures).failures)
    margin = QUICK.model_copy(update={"before_failure": timedelta(days=2, hours=12)})
    careful = train(known, until=TRAINED_UNTIL, settings=margin)
    assert careful.provenance.not_healthy > 0
    row = [("m1", at(1_000 - 12))]
    assert careful.score(known, row)[0].is_above
    assert not train(ill, until=TRAINED_UNTIL, settings=QUICK).score(ill, row)[0].is_above
