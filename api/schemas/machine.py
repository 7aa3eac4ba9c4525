"""Machines and their signals."""

from typing import Self

from pydantic import Field

from api.instants import Instant
from api.reading.fleet_state import FleetState, MachineState
from api.reading.signals import MachineSignals, Point, SignalSeries
from api.schemas.answer import Answer, PageAnswer
from api.schemas.forecast import StandingForecast


class MachineAnswer(Answer):
    """One machine as it stands."""

    id: str
    model: str = Field(description="The machine model; the signal catalogue is keyed by it.")
    site: str
    installed_at: Instant
    components: list[str]
    devices: list[str] = Field(description="Ids of the devices that sit on it now.")
    data_until: Instant | None = Field(description="Its newest stored device time; null before any.")
    silent: bool = Field(description="Whether its newest data is older than the platform allows.")
    forecasts: list[StandingForecast] = Field(description="One per component, the most probable first.")

    @classmethod
    def of(cls, state: MachineState, fleet: FleetState) -> Self:
        """Return the answer for one machine of the fleet."""
        machine = state.machine
        return cls(
            id=machine.id,
            model=machine.model,
            site=machine.site,
            installed_at=machine.installed_at,
            components=list(machine.components),
            devices=list(state.devices),
            data_until=state.data_until,
            silent=state.silent,
            forecasts=[StandingForecast.of(f, alarm=fleet.is_alarm(f)) for f in state.forecasts],
        )


class MachinePage(PageAnswer):
    """Machines, the most probable failure first; those without a forecast last, by id."""

    items: list[MachineAnswer]


class PointAnswer(Answer):
    """One value; over a window the mean of what was reported in [time, time + window_s)."""

    time: Instant
    value: float | int | str
    low: float | None = Field(description="Least value of the window; null for a single value.")
    high: float | None = Field(description="Greatest value of the window; null for a single value.")
    count: int = Field(description="How many values it stands for.")

    @classmethod
    def of(cls, point: Point) -> Self:
        """Return the answer for one point."""
        return cls(time=point.time, value=point.value, low=point.low, high=point.high, count=point.count)


class SeriesAnswer(Answer):
    """One signal of one device, sorted by time."""

    signal: str
    unit: str = Field(description="Empty where the source publishes none.")
    device: str
    window_s: float | None = Field(description="Length of the windows; null for values as reported. [s]")
    points: list[PointAnswer]

    @classmethod
    def of(cls, series: SignalSeries) -> Self:
        """Return the answer for one series."""
        return cls(
            signal=series.signal.name,
            unit=series.signal.unit,
            device=series.device,
            window_s=None if series.window is None else series.window.total_seconds(),
            points=[PointAnswer.of(p) for p in series.points],
        )


class LeftOut(Answer):
    """A signal that could not be shown at this length."""

    signal: str
    why: str


class SignalsAnswer(Answer):
    """Signals of one machine over [from, to)."""

    start: Instant = Field(serialization_alias="from")
    end: Instant = Field(serialization_alias="to")
    limit: int = Field(description="Most points per series; more are given as windows.")
    series: list[SeriesAnswer]
    left_out: list[LeftOut]

    @classmethod
    def of(cls, signals: MachineSignals, *, start: Instant, end: Instant, limit: int) -> Self:
        """Return the answer for one stretch of signals."""
        return cls(
            start=start,
            end=end,
            limit=limit,
            series=[SeriesAnswer.of(s) for s in signals.series],
            left_out=[LeftOut(signal=name, why=why) for name, why in signals.left_out],
        )
