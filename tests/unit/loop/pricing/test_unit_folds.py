from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from foreworn.errors import TooLittleHistory
from foreworn.loop.pricing.lives import recorded_lives
from foreworn.loop.pricing.unit_folds import _dealt, _teaching, bases_of, unit_folds
from models.failure import FailureModelSettings
from models.failure.training_rows import scorable_rows
from tests.unit.loop.pricing.lived import DAY, HOUR, START, history, machine

END = START + 101 * HOUR


def test_machines_of_each_model_are_spread_over_all_folds() -> None:
    pumps = [machine(f"p{n}") for n in range(9)]
    fans = [replace(machine(f"f{n}"), model="fan") for n in range(3)]
    dealt = _dealt([*pumps, *fans], 3, seed=4)
    assert Counter(dealt[m.id] for m in pumps) == {0: 3, 1: 3, 2: 3}
    assert Counter(dealt[m.id] for m in fans) == {0: 1, 1: 1, 2: 1}


@pytest.mark.parametrize(("count", "folds"), [(2, 3), (5, 1)])
def test_fewer_machines_than_folds_are_too_few(count: int, folds: int) -> None:
    with pytest.raises(TooLittleHistory, match=f"{count} machines have lives"):
        _dealt([machine(str(n)) for n in range(count)], folds, seed=1)


def test_a_machine_that_failed_for_good_teaches_nothing_of_the_time_after() -> None:
    past = _teaching(history([60, 100]), timedelta(hours=5))
    rows = scorable_rows(past, timedelta(0), end=END, every=HOUR)
    hours = {name: (rows.time[own].max() - rows.time[own].min()) / 3_600_000 for name, own in rows.places().items()}
    assert hours == {"m00": 59, "m01": 99}


def test_a_machine_that_fell_silent_without_a_failure_is_not_learned_from() -> None:
    silent, speaking = (_teaching(history([60, 100, 0], silent_after=h), timedelta(hours=5)) for h in (40, 98))
    assert [m.id for m in silent.machines] == ["m00", "m01"]
    assert [m.id for m in speaking.machines] == ["m00", "m01", "m02"]


def test_lives_that_go_on_lengthen_what_is_thought_of_a_kind_and_unseen_ones_do_not() -> None:
    lives = recorded_lives(history([60, 70, 80, 90, 100, 0, 0]))
    alone = bases_of(lives.priced, replace(lives, going_on=()))["px/seal"]
    assert bases_of(lives.priced, lives)["px/seal"].mean > alone.mean
    assert bases_of(lives.priced, lives, {"m05", "m06"})["px/seal"] == alone
    assert bases_of([], lives) == {}
    assert alone.failures == 5


def test_a_life_that_goes_on_and_was_old_before_its_machine_first_spoke_lengthens_nothing() -> None:
    record = history([60, 70, 80, 90, 100, 0])
    old = replace(record.machines[5], installed_at=START - 100 * DAY)
    lives = recorded_lives(replace(record, machines=(*record.machines[:5], old)))
    assert bases_of(lives.priced, lives) == bases_of(lives.priced, replace(lives, going_on=()))


def test_models_of_folds_of_machines_are_calibrated_on_machines_that_their_trees_have_not_seen() -> None:
    record = history([60 + (37 * n) % 41 for n in range(16)])
    settings = FailureModelSettings(every=HOUR, curve=(6 * HOUR,), trees=5, inner_folds=1, fewest_failures=5)
    found = unit_folds(
        record, recorded_lives(record), folds=2, seed=1, horizon=6 * HOUR, settings=settings, leave_out=()
    )
    used = [fold.model.provenance.settings for fold in found]
    assert [(one.inner_folds_by, one.inner_folds) for one in used] == [("machine", 2)] * 2
    assert all(fold.model.basis == {"seal": "signs"} for fold in found)
