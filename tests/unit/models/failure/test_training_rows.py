from datetime import timedelta

import numpy as np

from models.evaluation.outcomes import CENSORED, FAILED, SURVIVED
from models.failure.training_rows import NOT_FITTED, TrainingRows, training_rows
from models.features import default_features
from tests.unit.models.small_fleet import HOUR, at, history, machine

DAY = timedelta(hours=24)


def rows(**parts: object) -> TrainingRows:
    telemetry = [{"time": at(h), "machine": m, "vibration": 1.0} for m in ("m1", "m2") for h in range(96)]
    known = history(
        machines=[machine("m1"), machine("m2", components=("seal",))],
        telemetry=telemetry,
        **parts,  # type: ignore[arg-type]
    )
    features = default_features(["vibration"], [], ["seal"])
    return training_rows(known, features, until=at(96), horizon=DAY, every=3 * HOUR)


def test_rows_begin_after_the_lookback_and_end_a_horizon_before_the_end() -> None:
    index = rows().index
    assert index.pairs()[0] == ("m1", at(24))
    assert max(time for _, time in index.pairs()) == at(69)


def test_no_row_stands_at_its_machines_failure() -> None:
    pairs = rows(failures=[("m1", at(48), "seal")]).index.pairs()
    assert ("m1", at(48)) not in pairs
    assert ("m2", at(48)) in pairs


def test_a_row_is_labelled_by_the_failure_in_the_horizon_after_it() -> None:
    found = rows(failures=[("m1", at(48), "seal")])
    foretell = [t for (m, t), o in zip(found.index.pairs(), found.outcome_of("seal"), strict=True) if o == FAILED]
    assert foretell == [at(h) for h in range(24, 48, 3)]
    assert found.failure_times("seal").tolist() == [int(at(48).timestamp() * 1000)]


def test_rows_before_a_preventive_replacement_are_censored() -> None:
    found = rows(maintenance=[("m1", at(48), "seal", "preventive")])
    outcomes = dict(zip(found.index.pairs(), found.outcome_of("seal").tolist(), strict=True))
    assert outcomes[("m1", at(45))] == CENSORED
    assert outcomes[("m1", at(48))] == SURVIVED
    assert outcomes[("m2", at(45))] == SURVIVED


def test_a_machine_without_the_component_teaches_nothing_of_it() -> None:
    found = rows()
    second = found.index.machine == "m2"
    assert set(found.outcome_of("bearing")[second].tolist()) == {NOT_FITTED}
    assert NOT_FITTED not in found.outcome_of("seal")


def test_the_fingerprint_tells_one_changed_value() -> None:
    found = rows()
    before = found.fingerprint()
    assert rows().fingerprint() == before
    found.rows.matrix[0, 0] = np.nextafter(found.rows.matrix[0, 0], 2.0)
    assert found.fingerprint() != before


def test_a_broken_component_teaches_nothing_until_it_is_repaired() -> None:
    broken = [("m1", at(36), "seal")]
    found = rows(failures=broken, maintenance=[("m1", at(48), "seal", "corrective")])
    outcomes = dict(zip(found.index.pairs(), found.outcome_of("seal").tolist(), strict=True))
    assert {outcomes[("m1", at(h))] for h in (39, 42, 45, 48)} == {NOT_FITTED}
    assert outcomes[("m1", at(51))] == outcomes[("m2", at(42))] == SURVIVED


def test_a_fleet_that_notes_failures_and_no_repairs_teaches_on_after_a_failure() -> None:
    found = rows(failures=[("m1", at(36), "seal")])
    outcomes = dict(zip(found.index.pairs(), found.outcome_of("seal").tolist(), strict=True))
    assert outcomes[("m1", at(39))] == SURVIVED
