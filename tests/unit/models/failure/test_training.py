import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from models.evaluation.classification import average_precision
from models.evaluation.outcomes import FAILED, SURVIVED, Record
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train
from models.failure.artefact import read_model, write_model
from models.failure.training_rows import scorable_rows
from models.features import compute
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet, model
from tests.unit.models.small_fleet import HOUR, at, history, machine

LATER = at(41 * 24)


def precision_later(trained: GradientBoostedFailureModel, component: str) -> tuple[float, float]:
    """Return average precision on the stretch after the training, and the share of failed rows there."""
    known = fleet()
    index = scorable_rows(known, trained.lookback, start=LATER, end=at(59 * 24), every=3 * HOUR)
    record = Record.of(known.failures, None, known_until=at(60 * 24))
    index = index.where(~record.failures.at_own_time(index))
    outcome = record.outcomes(index, component, trained.horizon)
    assert set(np.unique(outcome)) == {SURVIVED, FAILED}
    failed = outcome == FAILED
    return average_precision(trained.probabilities(known, index)[component], failed), float(failed.mean())


@pytest.mark.parametrize("component", ["bearing", "seal"])
def test_a_model_ranks_rows_before_a_failure_above_the_rest(component: str) -> None:
    found, _ = precision_later(model(), component)
    assert found > 0.9


@pytest.mark.parametrize("component", ["bearing", "seal"])
def test_failures_dealt_out_at_random_teach_nothing(component: str) -> None:
    known = fleet()
    draw = np.random.default_rng(5)
    count = len(known.failures)
    times = [at(float(h)) for h in draw.integers(30, 60 * 24, count)]
    names = [known.machines[i].id for i in draw.integers(len(known.machines), size=count)]
    shuffled = history(
        failures=[(m, t, c) for m, t, c in zip(names, times, known.failures["component"].to_pylist(), strict=True)]
    )
    found, rate = precision_later(
        train(replace(known, failures=shuffled.failures), until=UNTIL, settings=SMALL), component
    )
    assert found < 3 * rate


def test_what_is_stamped_at_or_after_the_end_of_training_changes_nothing() -> None:
    known = fleet()
    lied = history(failures=[(m.id, UNTIL + h * HOUR, "seal") for m in known.machines for h in range(24)]).failures
    future = replace(known.until(UNTIL), failures=pa.concat_tables([known.until(UNTIL).failures, lied]))
    assert train(future, until=UNTIL, settings=SMALL).version == model().version


def test_time_after_the_end_of_the_record_is_no_survival() -> None:
    ended = fleet().until(UNTIL)
    assert train(ended, until=UNTIL + 9_000 * HOUR, settings=SMALL).version == model().version


def test_the_same_history_and_settings_give_the_same_model_twice() -> None:
    again = train(fleet(), until=UNTIL, settings=SMALL)
    assert again.version == model().version
    for name, part in again.components.items():
        before = model().components[name]
        assert part.threshold == before.threshold
        for new, old in zip(part.periods, before.periods, strict=True):
            assert (new.period, new.calibrator) == (old.period, old.calibrator)
            assert new.booster.text() == old.booster.text()
    assert again.threshold == model().threshold


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"settings": SMALL.model_copy(update={"trees": 29})}, id="other settings"),
        pytest.param({"until": UNTIL - timedelta(days=1)}, id="less history"),
        pytest.param({"horizon": timedelta(hours=48)}, id="another horizon"),
        pytest.param({"settings": SMALL.model_copy(update={"with_events": False})}, id="other features"),
    ],
)
def test_a_version_tells_apart(other: dict[str, object]) -> None:
    terms = {"until": UNTIL, "settings": SMALL} | other
    assert train(fleet(), **terms).version != model().version  # type: ignore[arg-type]


def test_a_component_with_few_failures_is_forecast_by_age_and_says_why() -> None:
    known = fleet()
    rare = known.failures.filter(pa.compute.equal(known.failures["component"], "seal")).slice(0, 3)
    often = known.failures.filter(pa.compute.equal(known.failures["component"], "bearing"))
    trained = train(replace(known, failures=pa.concat_tables([often, rare])), until=UNTIL, settings=SMALL)
    assert sorted(trained.components) == ["bearing"]
    assert "10 are needed" in trained.basis["seal"]
    assert "age alone: 3 failures on record, a Weibull life with an assumed shape" in trained.basis["seal"]
    bearing, seal = trained.forecast(known, [("m01", LATER)], issued_at=LATER)
    assert (bearing.component, seal.component) == ("bearing", "seal")
    assert [reason.source for reason in seal.reasons] == ["age of seal"]
    assert 0 < seal.probability < 1


def test_a_component_that_never_failed_is_left_out_and_says_why() -> None:
    known = fleet()
    often = known.failures.filter(pa.compute.equal(known.failures["component"], "bearing"))
    trained = train(replace(known, failures=often), until=UNTIL, settings=SMALL)
    assert trained.components_left_out == {
        "seal": "0 failures in 38 days of training rows; 10 are needed, and none ever failed"
    }
    assert [f.component for f in trained.forecast(known, [("m01", LATER)], issued_at=LATER)] == ["bearing"]


def lonely(**parts: object) -> FleetHistory:
    telemetry = [{"time": at(h), "machine": "m1", "vibration": 1.0} for h in range(24 * 40)]
    return history(telemetry=telemetry, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "message"),
    [
        pytest.param(history(), r"too little telemetry to learn from before 2026-02-10", id="no telemetry"),
        pytest.param(
            history(machines=[machine(components=())]), "no machine of the history has a component", id="no components"
        ),
        pytest.param(
            lonely(),
            r"bearing: 0 failures in 38 days of training rows; 10 are needed; seal: 0 failures in 38 days",
            id="no failures",
        ),
    ],
)
def test_too_little_history_says_what_is_missing(known: FleetHistory, message: str) -> None:
    with pytest.raises(TooLittleHistory, match=message):
        train(known, until=at(40 * 24), settings=SMALL)


@pytest.mark.parametrize(
    ("failures", "why"),
    [
        pytest.param([500], r"1 failure in 38 days of training rows; 10 are needed", id="one failure"),
        pytest.param(
            [800 + 5 * i for i in range(12)],
            r"its 12 failures all lie in one part of the 38 days .* some are needed in the first 15 days",
            id="no failure early enough to calibrate",
        ),
    ],
)
def test_failures_too_few_or_too_close_leave_age_and_no_alarm(failures: list[int], why: str) -> None:
    repaired = [("m1", at(h), "seal", "corrective") for h in failures]
    known = lonely(failures=[("m1", at(h), "seal") for h in failures], maintenance=repaired)
    trained = train(known, until=at(40 * 24), settings=SMALL)
    assert re.search(why, trained.basis["seal"])
    assert list(trained.components_left_out) == ["bearing"]
    (forecast,) = trained.forecast(lonely(), [("m1", LATER)], issued_at=LATER)
    assert 0 < forecast.probability < trained.threshold


@pytest.mark.parametrize(
    ("failed", "serviced", "squares"),
    [
        pytest.param([500], [-720], [(1220, 720), (457, 0)], id="maintenance goes back further than telemetry"),
        pytest.param([-240, 500], [], [(740, 0), (457, 0)], id="failures go back further: the first opens the record"),
    ],
)
def test_an_age_model_counts_from_when_failures_are_on_record(
    failed: list[int], serviced: list[int], squares: list[tuple[int, int]]
) -> None:
    known = lonely(
        failures=[("m1", at(h), "seal") for h in failed],
        maintenance=[*(("m1", at(h), "seal", "preventive") for h in serviced), ("m1", at(500), "seal", "corrective")],
    )
    life = train(known, until=at(40 * 24), settings=SMALL).ages["seal"].life
    assert life.failures == 1
    assert life.scale * 24 == pytest.approx(sum(end**2 - entry**2 for end, entry in squares) ** 0.5)


def test_a_component_is_learned_on_machines_that_have_it() -> None:
    known = fleet()
    without_seal = tuple(m if i < 6 else replace(m, components=("bearing",)) for i, m in enumerate(known.machines))
    trained = train(replace(known, machines=without_seal), until=UNTIL, settings=SMALL)
    rows = {name: part.metrics["rows"] for name, part in trained.components.items()}
    assert rows["seal"] < 0.6 * rows["bearing"]


def test_calling_replaced_rows_survivors_keeps_more_rows() -> None:
    survivors = SMALL.model_copy(update={"replaced_before_failure": "survived"})
    kept = train(fleet(), until=UNTIL, settings=survivors).components["seal"].metrics["rows"]
    assert kept > model().components["seal"].metrics["rows"]


def test_settings_refuse_a_name_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        FailureModelSettings(tree=3)  # type: ignore[call-arg]


def test_templates_of_what_devices_say_are_learned_from_the_training_time_and_kept_with_the_model(
    tmp_path: Path,
) -> None:
    known = fleet()
    times = known.events["time"].to_pylist()
    texts = [f"{'seal' if t < UNTIL else 'roof'} of unit {n} weeps" for n, t in enumerate(times)]
    place = known.events.column_names.index("message")
    logs = known.events.select(["time", "machine"])
    for name, values in (("level", ["info"] * len(logs)), ("logger", [""] * len(logs)), ("message", texts)):
        logs = logs.append_column(name, pa.array(values, pa.string()))
    talking = replace(known, events=known.events.set_column(place, "message", pa.array(texts)), logs=logs)
    settings = SMALL.model_copy(update={"with_templates": True, "curve": (timedelta(days=1),)})
    trained = train(talking, until=UNTIL, settings=settings)
    write_model(trained, tmp_path)
    kept = read_model(tmp_path).features
    names = [
        "text 'seal of unit <n> weeps' count 24 h",
        "texts of no template count 24 h",
        "log line 'seal of unit <n> weeps' count 24 h",
        "log lines of no template count 24 h",
    ]
    assert [n for n in kept.names if "template" in n or "weeps" in n] == names
    assert kept.reads_logs
    later, name = max(zip(times, known.events["machine"].to_pylist(), strict=True))
    row = dict(zip(kept.names, compute(kept, talking, [(name, later)]).matrix[0].tolist(), strict=True))
    assert [row[name] for name in names] == [0.0, 1.0, 0.0, 1.0]
