"""A model whose forecasts are given to the wrong machines: what is left when the scores know nothing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.health.failure_model import FailureModel
from foreworn.health.forecast import Forecast
from foreworn.health.scored_rows import ScoredForecasts


class ShuffledModel:
    """Says of every component what its model says of the same component of another machine, always the same one.

    Probabilities, their number and how they move in time stay as they are; only whom they are about is wrong.
    So nothing but the knowledge is taken away.

    Parameters
    ----------
    model
        Whose forecasts are shuffled.
    machines
        The fleet; a component that only one machine has stays where it is, which the caller ought to say.
    seed
        Decides who is taken for whom.
    """

    def __init__(self, model: FailureModel, machines: Sequence[Machine], *, seed: int) -> None:
        self._model = model
        self._stands_for = _strangers(machines, seed)

    @property
    def version(self) -> str:
        """The model's: its labels tell what became of the scores that were acted on."""
        return self._model.version

    @property
    def horizon(self) -> timedelta:
        """The model's."""
        return self._model.horizon

    @property
    def horizons(self) -> tuple[timedelta, ...]:
        """The model's."""
        return self._model.horizons

    @property
    def threshold(self) -> float:
        """The model's."""
        return self._model.threshold

    @property
    def lookback(self) -> timedelta:
        """The model's."""
        return self._model.lookback

    @property
    def reads_logs(self) -> bool:
        """As the model does."""
        return self._model.reads_logs

    def describe(self) -> Mapping[str, object]:
        """Return what the model says of itself."""
        return self._model.describe()

    def score(
        self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime
    ) -> ScoredForecasts:
        """Return the forecasts of the rows, each taken from a stranger at the same time, also as a table."""
        return ScoredForecasts(self.forecast(history, rows, issued_at=issued_at))

    def forecast(
        self,
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        *,
        issued_at: datetime,
        horizons: Sequence[timedelta] | None = None,
    ) -> list[Forecast]:
        """Return the forecasts of the rows, each taken from a stranger at the same time."""
        wanted: dict[tuple[str, datetime], list[tuple[str, str]]] = defaultdict(list)
        for machine, time in rows:
            for component, stranger in self._stands_for.get(machine, {}).items():
                wanted[stranger, time].append((machine, component))
        said = self._model.forecast(history, sorted(wanted), issued_at=issued_at, horizons=horizons)
        return [
            replace(forecast, machine=machine)
            for forecast in said
            for machine, component in wanted[forecast.machine, forecast.time]
            if component == forecast.component
        ]


def _strangers(machines: Sequence[Machine], seed: int) -> dict[str, dict[str, str]]:
    """Return, by machine and component, whose forecast it gets: a rotation of a drawn order, so never its own."""
    having: dict[str, list[str]] = defaultdict(list)
    for machine in sorted(machines, key=lambda m: m.id):
        for component in machine.components:
            having[component].append(machine.id)
    stands_for: dict[str, dict[str, str]] = defaultdict(dict)
    dice = np.random.default_rng(seed)
    for component in sorted(having):
        order = [having[component][i] for i in dice.permutation(len(having[component]))]
        for own, stranger in zip(order, [*order[1:], order[0]], strict=True):
            stands_for[own][component] = stranger
    return dict(stands_for)
