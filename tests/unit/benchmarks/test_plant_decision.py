"""Acting in a simulated plant, by models that know everything and nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.models.plant_decision import Acting, Compared, Learned, figures
from foreworn.economics.weibull_life import WeibullLife
from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import Forecast
from foreworn.health.scored_rows import ScoredRows
from foreworn.loop.pricing.decisions import Terms
from simulators.plant import Plant, Priced, perfect_foresight, read_plant, run_to_failure, shipped_plants, simulate

DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
LEAD = 2 * DAY


class TruthTeller:
    """Foretells what it reads in the plant itself: a failure within the horizon, and nothing else."""

    version, horizon, horizons, threshold, lookback = "truth", 2 * LEAD, (2 * LEAD,), 0.5, DAY
    reads_logs = False

    def __init__(self, plant: Plant, *, silent: bool = False) -> None:
        self._plant, self._silent = plant, silent

    def describe(self) -> Mapping[str, object]:
        return {}

    def forecast(
        self,
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        *,
        issued_at: datetime,
        horizons: Sequence[timedelta] | None = None,
    ) -> list[Forecast]:
        known = {(m.id, c) for m in history.machines for c in m.components}
        seats = [(machine, c, time) for machine, time in rows for _, c in sorted(k for k in known if k[0] == machine)]
        return [self._said(*seat, issued_at) for seat in seats]

    def score(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime) -> ScoredRows:
        raise AssertionError("nobody asks for a table here")

    def _said(self, machine: str, component: str, time: datetime, issued_at: datetime) -> Forecast:
        left = self._plant.remaining_life(machine, component)
        fails = not self._silent and left is not None and left <= self.horizon
        return Forecast(
            machine, component, time, self.horizon, 0.999 if fails else 0.0, self.version, issued_at=issued_at
        )


@pytest.fixture(scope="module")
def learned() -> Learned:
    """A shipped plant after a month, of whose components nothing is known but that they wear."""
    plant = Plant(read_plant(shipped_plants()["pumping_stations"]), BEGIN - 30 * DAY, 3)
    past = simulate(plant, 30 * DAY).fleet
    for machine in plant.machines:
        for component in machine.components:
            if plant.condition(machine.id, component).failed:
                plant.replace(machine.id, component, "corrective")
    kinds = {f"{m.model}/{c}" for m in plant.machines for c in m.components}
    return Learned(plant, past, None, {kind: WeibullLife(2.0, 120.0) for kind in kinds})  # type: ignore[arg-type]


def acted(learned: Learned, end: datetime, *, silent: bool) -> Priced:
    plant = learned.plant.fork()
    terms = Terms(LEAD, 2 * LEAD, settling=timedelta(0))
    return Acting(plant, learned, TruthTeller(plant, silent=silent), terms, every=DAY / 2).until(end)


def test_a_model_that_says_nothing_costs_what_running_to_failure_costs_and_one_that_knows_costs_less(
    learned: Learned,
) -> None:
    end = learned.plant.now + 40 * DAY
    to_failure, perfect = run_to_failure(learned.plant, end), perfect_foresight(learned.plant, end)
    nothing, everything = (acted(learned, end, silent=silent) for silent in (True, False))
    assert (nothing.cost, nothing.failures, nothing.preventive) == (to_failure.cost, to_failure.failures, 0)
    assert to_failure.failures > 5
    assert everything.failures < to_failure.failures / 2
    assert perfect.cost < everything.cost < to_failure.cost


def test_figures_are_means_over_plants_and_the_worst_is_named() -> None:
    def priced(cost: float, failures: int) -> Priced:
        return Priced(cost, failures, 9, 0, {}, {})

    good = Compared(priced(40.0, 1), priced(100.0, 3), priced(200.0, 12), priced(20.0, 0))
    bad = replace(good, model=priced(120.0, 6))
    found = figures([{"model": good, "shuffled": bad}, {"model": bad}])
    assert found["gap_closed"] == pytest.approx((0.75 - 0.25) / 2)
    assert found["gap_closed_worst"] == found["gap_closed_shuffled"] == pytest.approx(-0.25)
    assert found["gap_closed_low"] <= found["gap_closed"] <= found["gap_closed_high"]
    assert (found["plants"], found["cost_model"], found["failures_shuffled"]) == (2, 80.0, 6)
