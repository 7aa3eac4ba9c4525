"""Figures of many demos."""

import pytest

from benchmarks.demo.__main__ import figures

RUN = {
    "cost_policy": 60.0,
    "cost_age_replacement": 100.0,
    "cost_run_to_failure": 200.0,
    "cost_perfect": 20.0,
    "gap_closed": 0.5,
    "failures": 1,
    "failures_prevented": 4,
    "false_orders": 2,
    "replaced_early": 1,
    "work_orders_completed": 7,
    "stockouts": 0,
    "peak_memory_mib": 700.0,
}


def test_a_seed_counts_as_won_only_below_the_best_age() -> None:
    lost = RUN | {"cost_policy": 100.0, "gap_closed": 0.0, "peak_memory_mib": 900.0}
    found = figures([RUN, RUN, lost])
    assert (found["seeds"], found["seeds_below_age_replacement"]) == (3, 2)
    assert found["gap_closed"] == pytest.approx(1 / 3)
    assert found["gap_closed_low"] < found["gap_closed"] < found["gap_closed_high"]
    assert (found["gap_closed_worst"], found["peak_memory_mib"]) == (0.0, 900.0)
