"""Tell remaining lives: once a day of data time, of every component that a model in use tells of."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.clock import Clock
from foreworn.fleet.machine import Machine
from foreworn.fleet.registry import FleetRegistry
from foreworn.fleet.renewal import renewals
from foreworn.health.remaining_life import LifeBoard, LifeForecast, LifeForecastStore, LifeModel, LifeModelsInUse
from foreworn.loop.live_history import EARLIEST, LiveHistory
from foreworn.telemetry.sample import MILLISECOND

MACHINES_AT_ONCE: Final = 50
"""A life's telemetry is long: this many machines' is held in memory at a time."""

LONGEST_SILENCE: Final = timedelta(days=1)
"""A machine that has said nothing for longer is not told of: what it has worn since is unknown."""

Seat = tuple[str, str]
"""(machine, component)"""

_log = logging.getLogger(__name__)


class LifeScoring:
    """The use case that turns a component's whole life on record into how much of it is left.

    What is told of time t rests on what is stamped at or before t. A component that failed and was not repaired has no
    life to tell of, and of a machine that has been silent for a day nothing new is told. Telling the same time again
    writes the same over it.

    Parameters
    ----------
    history, registry
        Where data comes from.
    in_use
        Returns the models in use, asked anew each time; a component without one, or whose model cannot be read, is not
        told of.
    lives, board
        Where what is told goes to.
    clock
        Says when it was told.
    """

    def __init__(
        self,
        *,
        history: LiveHistory,
        registry: FleetRegistry,
        in_use: Callable[[], LifeModelsInUse],
        lives: LifeForecastStore,
        board: LifeBoard,
        clock: Clock,
    ) -> None:
        self._history = history
        self._registry = registry
        self._in_use = in_use
        self._lives = lives
        self._board = board
        self._clock = clock

    def tell(self, time: datetime) -> int:
        """Tell the remaining lives as of `time`, and return how many.

        Raises
        ------
        StoreUnavailable
            If a store cannot be had; what was told of other machines by then stands.
        """
        models = self._readable()
        if not models:
            return 0
        record = _Record(self._registry, time)
        components = {model.component for model in models}
        machines = [m for m in self._registry.machines() if m.in_service_at(time) and components & {*m.components}]
        return sum(self._tell(models, group, record, time) for group in _groups(machines))

    def _readable(self) -> Sequence[LifeModel]:
        found = self._in_use()
        for component, trouble in found.troubles.items():
            _log.warning("%s; how long %r lasts is not told", trouble, component)
        return found.models

    def _tell(self, models: Sequence[LifeModel], machines: Sequence[Machine], record: "_Record", time: datetime) -> int:
        seats = {m.component: [x for x in machines if record.lives(x, m.component)] for m in models}
        begun = [record.begun(x, component) for component, living in seats.items() for x in living]
        if not begun:
            return 0
        history = self._history.between(min(begun), time + MILLISECOND, machines=[x.id for x in machines])
        speaking = _speaking(history.telemetry, time)
        told = [
            LifeForecast.of(life, issued_at=self._clock.now())
            for model in models
            for life in model.remaining_life(
                history, [(x.id, time) for x in seats[model.component] if x.id in speaking]
            )
        ]
        self._lives.write_life_forecasts(told)
        self._board.post(told)
        return len(told)


class _Record:
    """When each component's present life began, and whether it goes on, as far as the record before `time` knows."""

    def __init__(self, registry: FleetRegistry, time: datetime) -> None:
        self._time = time
        self._repaired = _newest(renewals(registry.maintenance(EARLIEST, time + MILLISECOND)))
        # What is stamped at the row is the last of the life before, for the features too.
        self._renewed = _newest(renewals(registry.maintenance(EARLIEST, time)))
        self._failed = _newest(registry.failures(EARLIEST, time + MILLISECOND))

    def lives(self, machine: Machine, component: str) -> bool:
        """Tell whether the machine has the component, and it has not failed since it was last renewed."""
        seat = (machine.id, component)
        failed, repaired = self._failed.get(seat), self._repaired.get(seat)
        down = failed is not None and (repaired is None or repaired < failed)
        return component in machine.components and not down

    def begun(self, machine: Machine, component: str) -> datetime:
        """Return when the component's life began; of what stands in a future that is none yet, `time`."""
        return min(self._renewed.get((machine.id, component), machine.installed_at), self._time)


def _speaking(telemetry: pa.Table, time: datetime) -> set[str]:
    """Return the machines that said something in the day before `time`."""
    latest = pa.scalar(time - LONGEST_SILENCE, telemetry.schema.field("time").type)
    return set(telemetry.filter(pc.greater(telemetry["time"], latest))["machine"].to_pylist())


def _newest(records: pa.Table) -> Mapping[Seat, datetime]:
    rows = records.select(["machine", "component", "time"]).to_pylist()
    return {(row["machine"], row["component"]): row["time"] for row in sorted(rows, key=lambda row: row["time"])}


def _groups(machines: Sequence[Machine]) -> Iterator[Sequence[Machine]]:
    for first in range(0, len(machines), MACHINES_AT_ONCE):
        yield machines[first : first + MACHINES_AT_ONCE]
