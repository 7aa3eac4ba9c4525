"""A fleet's telemetry at the pace of a component's life: one sample in each step, the mean of what was said in it.

Features of a whole life weigh every sample in it for every row. What was chosen for one sample in each of about 200
steps of a life fits lives of years as well as lives of days, if those have as many samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.health.remaining_life import RemainingLife
from foreworn.telemetry.sample import MILLISECOND, to_epoch_ms
from models.life.gradient_boosted import GradientBoostedLifeModel

_GROUP = ["machine", "step", "life"]


def paced(history: FleetHistory, component: str, step: timedelta, *, until: datetime) -> FleetHistory:
    """Return the history with one sample per machine and step, stamped like the last that is in it.

    Steps are counted back from `until` and closed at their ends, so none reaches beyond a row that stands there. A step
    in which the component was renewed is two: what the old one said stays out of the new one's. Of whole numbers,
    such as counters, the last one stands for the step; states are left out. NaN, like null, was not said.

    Parameters
    ----------
    history
        With telemetry sorted by machine, time; what is stamped after `until` is left out.
    component
        Whose life.
    step, until
        How long a step is, and where the last one ends.
    """
    told = history.until(until + MILLISECOND)
    numeric = [f.name for f in told.telemetry.schema if pa.types.is_floating(f.type) or pa.types.is_integer(f.type)]
    samples = told.telemetry.select(["time", "machine", *numeric])
    if not len(samples):
        return replace(told, telemetry=samples)
    time = _epoch_ms(samples["time"])
    keyed = pa.table(
        [
            samples["machine"],
            pa.array((to_epoch_ms(until) - time) // (step // MILLISECOND)),
            pa.array(_lives_before(told, component, samples["machine"], time)),
            samples["time"],
            *(_said(samples[name]) for name in numeric),
        ],
        names=[*_GROUP, "at", *(f"s{n}" for n in range(len(numeric)))],
    )
    whole = [pa.types.is_integer(samples.schema.field(name).type) for name in numeric]
    one = [(f"s{n}", "last" if is_whole else "mean") for n, is_whole in enumerate(whole)]
    grouped = keyed.group_by(_GROUP, use_threads=False).aggregate([("at", "max"), *one])
    named = grouped.rename_columns([*_GROUP, "time", *numeric])
    in_order = named.select(samples.column_names).sort_by([("machine", "ascending"), ("time", "ascending")])
    return replace(told, telemetry=in_order)


def _lives_before(
    history: FleetHistory, component: str, machines: pa.ChunkedArray, time: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return how often the component had been renewed before each sample; what is stamped at it was not yet."""
    renewals = history.renewals
    work = renewals.filter(pc.equal(renewals["component"], component))
    codes, names = _codes(machines)
    count = np.zeros(len(time), dtype=np.int64)
    worked, worked_on = _epoch_ms(work["time"]), np.asarray(work["machine"].to_pylist(), dtype=object)
    for code, name in enumerate(names):
        own = codes == code
        count[own] = np.searchsorted(np.sort(worked[worked_on == name]), time[own], side="left")
    return count


def _said(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values with null for NaN, which a mean does not skip."""
    return pc.if_else(pc.is_nan(values), None, values) if pa.types.is_floating(values.type) else values


def _codes(machines: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    encoded = machines.combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


def _epoch_ms(times: pa.ChunkedArray) -> NDArray[np.int64]:
    ms: NDArray[np.int64] = times.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return ms


@dataclass(frozen=True, slots=True)
class PacedLifeModel:
    """A model of remaining life that reads telemetry at the pace it was trained on; implements `LifeModel`."""

    model: GradientBoostedLifeModel

    @property
    def version(self) -> str:
        """The version its forecasts carry."""
        return self.model.version

    @property
    def component(self) -> str:
        """Whose life it tells."""
        return self.model.component

    @property
    def lookback(self) -> timedelta:
        """A whole life."""
        return self.model.lookback

    def describe(self) -> dict[str, object]:
        """Return what a person asks about the model."""
        return self.model.describe()

    def remaining_life(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[RemainingLife]:
        """Return one forecast per row whose machine has spoken in this life; see `LifeModel.remaining_life`."""
        told = {life_key(life): life for time in {time for _, time in rows} for life in self._at(history, rows, time)}
        return [told[row] for row in rows if row in told]

    def _at(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], time: datetime) -> list[RemainingLife]:
        own = paced(history, self.component, self.model.settings.step, until=time)
        return self.model.remaining_life(own, [row for row in rows if row[1] == time])


def life_key(life: RemainingLife) -> tuple[str, datetime]:
    """Return the row (machine, time) that a remaining life is of."""
    return life.machine, life.time
