from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.alarms import Episode, EpisodeEnd
from models.evaluation.classification import average_precision
from models.evaluation.fleet_intervals import FleetIntervals, Interval
from models.evaluation.judgement import Judgement, judge
from tests.unit.models.evaluation.test_judgement import forecasts
from tests.unit.models.small_fleet import at, history


def judgement() -> Judgement:
    failures = history(failures=[("m1", at(96), "seal"), ("m2", at(150), "seal")]).failures
    return judge(forecasts({"seal": [75, 81, 180]}), failures, threshold=0.5, start=at(0), end=at(240))


def holds(interval: Interval, value: float) -> bool:
    return interval.low <= value <= interval.high


def test_intervals_hold_the_figures_they_are_of() -> None:
    found = judgement()
    fleet = FleetIntervals(found, ["m1", "m2"], samples=200)
    assert holds(fleet.recall(), found.recall_12h)
    assert holds(fleet.false_alarms_per_machine_month(), found.false_alarms_per_machine_month)
    base = np.full(found.rows, 0.02)
    assert holds(fleet.brier_skill(base), 1 - found.brier / np.mean((0.02 - found.scored.failed) ** 2))
    assert holds(fleet.macro_f1(found.scored.probability >= 0.5), 2 * 2 / (3 + 16))
    precision = average_precision(found.scored.probability, found.scored.failed)
    assert holds(fleet.macro_average_precision(), precision)


def test_a_machine_that_decides_alone_makes_the_interval_wide() -> None:
    recall = FleetIntervals(judgement(), ["m1", "m2"], samples=200).recall()
    assert recall == Interval(0.0, 1.0)


def test_the_same_judgement_gives_the_same_intervals() -> None:
    first, second = (FleetIntervals(judgement(), ["m1", "m2"], samples=50).recall() for _ in range(2))
    assert first == second


def test_machines_without_failures_or_alarms_are_drawn_too() -> None:
    found = judgement()
    alone = FleetIntervals(found, ["m1"], samples=50).false_alarms_per_machine_month
    several = FleetIntervals(found, ["m1", "m2", "m3", "m4"], samples=50).false_alarms_per_machine_month
    assert "m2" not in {e.machine for e in found.episodes}
    assert alone().high == alone().low
    assert several().low < several().high


def test_machines_that_were_watched_for_different_times_bring_their_own_months() -> None:
    months = {f"m{place}": 10.0 if place < 4 else 0.5 for place in range(20)}
    false = [
        Episode(machine, "seal", 0, 0, EpisodeEnd.FALSE_ALARM)
        for machine, watched in months.items()
        for _ in range(int(2 * watched))
    ]
    watched = replace(judgement(), episodes=false, months_by_machine=months)
    interval = FleetIntervals(watched, sorted(months), samples=200).false_alarms_per_machine_month()
    assert (interval.low, interval.high) == pytest.approx((2.0, 2.0))


def test_the_slope_of_pooled_log_odds_is_near_the_exact_one() -> None:
    draw = np.random.default_rng(2)
    table = forecasts({"seal": []}, hours=2400)
    probability = draw.beta(0.3, 2, len(table))
    table = table.set_column(4, "probability", [probability])
    moments = [("m1", at(h), "seal") for h in range(30, 2400, 97)]
    found = judge(table, history(failures=moments).failures, threshold=0.5, start=at(0), end=at(2400))
    slope, intercept = FleetIntervals(found, ["m1", "m2"], samples=200).calibration_line()
    assert holds(slope, found.calibration_slope)
    # both machines drawn once, as they stand: the lowest of the three fleets that there can be
    assert intercept.low == pytest.approx(found.calibration_intercept, abs=0.01)


def test_a_machine_drawn_twice_counts_twice_in_average_precision() -> None:
    found = judgement()
    one = FleetIntervals(found, ["m1", "m2"], samples=400)
    rows, precisions = found.scored, set()
    for weights in ((2, 0), (1, 1), (0, 2)):
        again = np.repeat(np.arange(len(rows)), [weights[m == "m2"] for m in rows.machine.tolist()])
        if rows.failed[again].any():
            precisions.add(average_precision(rows.probability[again], rows.failed[again]))
    interval = one.macro_average_precision()
    assert (interval.low, interval.high) == pytest.approx((min(precisions), max(precisions)))
