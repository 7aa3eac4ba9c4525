import math

import pytest

from foreworn.economics.decision_backtest import EndedLife, LivesToPrice, best_ages, gap_closed, gap_interval


def seal(length: int, unit: str = "u", kind: str = "px/seal") -> EndedLife:
    return EndedLife(unit, kind, length, planned=100.0, breakdown=1_000.0)


FOUR = LivesToPrice([seal(101, "a"), seal(101, "b"), seal(201, "c"), seal(201, "d")], {"px/seal": 1.0})


def closed(fleet: LivesToPrice, decided: tuple[int | None, ...]) -> float:
    rate, age, known = (
        fleet.rate(o) for o in (fleet.at_ages(decided), fleet.at_ages_in_hindsight(), fleet.with_foresight())
    )
    return gap_closed(rate, age=age, known=known)


@pytest.mark.parametrize(
    ("replaced_after", "rate"),
    [
        pytest.param((None,) * 4, 4000 / 604, id="nobody acts: four breakdowns over all hours lived"),
        pytest.param((100, 100, 200, 200), 400 / 600, id="all in their last hour: four planned, and an hour less each"),
        pytest.param((100,) * 4, 400 / 400, id="all at 100: two give half their lives away"),
        pytest.param((101, 100, 200, 200), 1300 / 601, id="one in the hour it fails: too late"),
    ],
)
def test_a_rate_is_all_costs_over_all_hours_used(replaced_after: tuple[int | None, ...], rate: float) -> None:
    assert FOUR.rate(FOUR.at_ages(replaced_after)) == pytest.approx(rate)


def test_foresight_closes_the_gap_the_best_age_none_of_it_and_worse_than_age_is_below_0() -> None:
    assert best_ages(FOUR.lives) == {"px/seal": 100}
    assert closed(FOUR, (100, 100, 200, 200)) == pytest.approx(1.0)
    assert closed(FOUR, (100,) * 4) == pytest.approx(0.0)
    assert closed(FOUR, (None,) * 4) < 0


def test_kinds_are_priced_apart_and_weigh_as_often_as_a_machine_has_them() -> None:
    fleet = LivesToPrice([seal(10), seal(1_000, kind="px/bearing")], {"px/seal": 2.0, "px/bearing": 1.0})
    assert fleet.rate(fleet.run_to_failure()) == pytest.approx(2 * 1_000 / 10 + 1_000 / 1_000)


def test_where_age_and_foresight_cost_the_same_there_is_no_share() -> None:
    same = LivesToPrice([seal(50, "a"), seal(50, "b")], {"px/seal": 1.0})
    assert math.isnan(closed(same, (49, 49)))
    assert all(map(math.isnan, gap_interval(same, same.with_foresight(), same.at_ages_in_hindsight(), samples=10)))


def test_the_interval_counts_with_a_failure_that_did_not_happen() -> None:
    # Perfect decisions on 20 lives: every redraw closes the whole gap but for failures that might have happened.
    fleet = LivesToPrice([seal(100 + 10 * n, str(n)) for n in range(20)], {"px/seal": 1.0})
    low, high = gap_interval(fleet, fleet.with_foresight(), fleet.at_ages_in_hindsight(), samples=400)
    assert high == pytest.approx(1.0)
    assert low < 0.8


def test_cheap_lives_that_survived_say_nothing_of_dear_ones() -> None:
    dear = [EndedLife(str(n), "px/rotor", 100 + 10 * n, planned=10_000.0, breakdown=100_000.0) for n in range(10)]
    cheap = [EndedLife(str(n), "px/filter", 100 + n, planned=1.0, breakdown=10.0) for n in range(190)]

    def low(lives: list[EndedLife]) -> float:
        fleet = LivesToPrice(lives, {life.kind: 1.0 for life in lives})
        return gap_interval(fleet, fleet.with_foresight(), fleet.at_ages_in_hindsight(), samples=200)[0]

    assert low([*dear, *cheap]) == pytest.approx(low(dear), abs=0.3)


def test_lives_of_one_unit_are_drawn_together() -> None:
    # One unit has all lives of its kind: every fleet that is drawn is the same, but for the failures.
    lives = [seal(100 + 40 * n, "only") for n in range(10)]
    fleet = LivesToPrice(lives, {"px/seal": 1.0})
    everything_failed = fleet.run_to_failure()
    low, high = gap_interval(fleet, everything_failed, fleet.at_ages_in_hindsight(), samples=50)
    assert low == high


@pytest.mark.parametrize(
    ("lives", "match"),
    [
        pytest.param([], "no life", id="nothing to price"),
        pytest.param([EndedLife("u", "k", 9, 0.0, 5.0)], "planned work costs 0", id="planned work is free"),
        pytest.param([EndedLife("u", "k", 9, 5.0, 5.0)], "a breakdown 5", id="a breakdown is no dearer"),
    ],
)
def test_what_has_no_price_is_refused(lives: list[EndedLife], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        LivesToPrice(lives, {"k": 1.0})
