"""Scores that know nothing: everybody has somebody else's, and nothing but the knowledge is gone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.demo.shuffled_model import ShuffledModel
from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.health.forecast import Forecast, Reason
from foreworn.health.scored_rows import ScoredForecasts
from tests.unit.models.small_fleet import HOUR, START, history, machine


class Oracle:
    """Says something else of every component at every time; its reasons tell of whom it is."""

    version = "oracle"
    horizon = timedelta(days=7)
    horizons = (timedelta(hours=24),)
    threshold = 0.4
    lookback = timedelta(days=3)
    reads_logs = True

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = {m.id: m for m in machines}
        self._seats = [(m.id, c) for m in machines for c in m.components]

    def describe(self) -> Mapping[str, object]:
        return {"rows": 12}

    def score(
        self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime
    ) -> ScoredForecasts:
        return ScoredForecasts(self.forecast(history, rows, issued_at=issued_at))

    def forecast(
        self,
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        *,
        issued_at: datetime,
        horizons: Sequence[timedelta] | None = None,
    ) -> list[Forecast]:
        return [
            Forecast(
                name,
                component,
                time,
                horizon,
                (self._seats.index((name, component)) + 1) / (len(self._seats) + 1) / (1 + (time - START) / HOUR),
                self.version,
                issued_at,
                reasons=(Reason(name, component, None, None, None, 1.0),),
            )
            for name, time in rows
            for component in self._machines[name].components
            for horizon in horizons or (self.horizon,)
        ]


def fleet(having: Sequence[tuple[str, ...]]) -> list[Machine]:
    return [machine(f"m{n:02d}", components=components) for n, components in enumerate(having)]


def said(machines: Sequence[Machine], seed: int = 1, hours: int = 2) -> tuple[list[Forecast], list[Forecast]]:
    """Return what the model says and what it says shuffled, of all machines at every hour."""
    model = Oracle(machines)
    rows = [(m.id, START + n * HOUR) for m in machines for n in range(hours)]
    shuffled = ShuffledModel(model, machines, seed=seed)
    return (
        model.forecast(history(), rows, issued_at=START),
        shuffled.forecast(history(), rows, issued_at=START),
    )


FLEETS = st.lists(st.sampled_from([("seal",), ("bearing", "seal"), ("bearing", "motor", "seal"), ()]), max_size=8)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(FLEETS, st.integers(0, 99))
def test_nobody_has_their_own_forecast_and_nothing_else_is_lost(having: list[tuple[str, ...]], seed: int) -> None:
    machines = fleet(having)
    own, shuffled = said(machines, seed)
    count = Counter(component for m in machines for component in m.components)
    for forecast in shuffled:
        if count[forecast.component] > 1:
            assert forecast.reasons[0].source != forecast.machine
        assert forecast.reasons[0].feature == forecast.component

    def multiset(forecasts: Sequence[Forecast]) -> Counter[object]:
        return Counter((f.component, f.time, f.probability, f.issued_at, f.horizon) for f in forecasts)

    def rows(forecasts: Sequence[Forecast]) -> Counter[object]:
        return Counter((f.machine, f.component, f.time) for f in forecasts)

    assert multiset(own) == multiset(shuffled)
    assert rows(own) == rows(shuffled)


def test_it_is_always_the_same_stranger() -> None:
    """Else the scores would be noise in time too, which tells them from real ones."""
    _, shuffled = said(fleet([("bearing", "seal")] * 6), hours=5)
    strangers = {(f.machine, f.component, f.reasons[0].source) for f in shuffled}
    assert len(strangers) == 12


def test_components_of_one_machine_need_not_have_the_same_stranger_and_the_seed_decides() -> None:
    machines = fleet([("bearing", "seal")] * 8)
    by_seed = [
        tuple(
            (f.machine, f.component, f.reasons[0].source)
            for f in sorted(said(machines, seed)[1], key=lambda f: (f.machine, f.component, f.time))
        )
        for seed in (1, 1, 2)
    ]
    assert by_seed[0] == by_seed[1] != by_seed[2]


def test_asked_for_some_machines_it_speaks_of_these_alone() -> None:
    machines = fleet([("bearing", "seal")] * 4)
    shuffled = ShuffledModel(Oracle(machines), machines, seed=3)
    found = shuffled.forecast(history(), [("m01", START), ("m02", START)], issued_at=START)
    assert sorted((f.machine, f.component) for f in found) == [
        (name, component) for name in ("m01", "m02") for component in ("bearing", "seal")
    ]


def test_every_horizon_that_is_asked_for_is_shuffled() -> None:
    machines = fleet([("seal",)] * 3)
    shuffled = ShuffledModel(Oracle(machines), machines, seed=3)
    asked = [timedelta(hours=24), timedelta(days=7)]
    found = shuffled.forecast(history(), [("m01", START)], issued_at=START, horizons=asked)
    assert [f.horizon for f in found] == asked


@pytest.mark.parametrize("name", ["version", "horizon", "horizons", "threshold", "lookback", "reads_logs"])
def test_all_else_is_the_models(name: str) -> None:
    model = Oracle(fleet([("seal",)] * 2))
    shuffled = ShuffledModel(model, fleet([("seal",)] * 2), seed=1)
    assert getattr(shuffled, name) == getattr(model, name)
    assert shuffled.describe() == {"rows": 12}
