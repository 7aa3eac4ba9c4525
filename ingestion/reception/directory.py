"""Which machine model a device speaks for, and what signals that model has; cached, because every sample asks."""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from foreworn.errors import StoreUnavailable
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.registry import FleetRegistry
from foreworn.telemetry.sample import EPOCH, MILLISECOND
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.units import check_units

ANY_MODEL = "*"
END_MS = 253_402_300_800_000  # year 10000, which Python has no dates for


@dataclass(frozen=True, slots=True)
class Stay:
    """A device on a machine of `model`, from `since` until, but not at, `until` (None: still there)."""

    since: datetime
    until: datetime | None
    model: str

    @property
    def first_ms(self) -> int:
        """The first whole millisecond of it."""
        return _ceil_ms(self.since)

    @property
    def end_ms(self) -> int:
        """The first whole millisecond after it, or of year 10000."""
        return END_MS if self.until is None else _ceil_ms(self.until)


@dataclass(frozen=True, slots=True, eq=False)
class FleetView:
    """What the directory knows at one moment: every device's stays, oldest first, and the signals.

    The same object is given out until something in it changes, so what is derived from it may be kept with it.
    """

    stays: Mapping[str, Sequence[Stay]]
    catalogue: SignalCatalogue


class DeviceDirectory(Protocol):
    """Knows the devices that may speak."""

    def knows(self, device: str) -> bool:
        """Tell whether the device is, or ever was, attached to a machine."""
        ...

    def stay_of(self, device: str, time: datetime) -> Stay | None:
        """Return the device's stay on the machine it sat on at `time`, or None if it sat on none."""
        ...

    def signal(self, model: str, name: str) -> Signal | None:
        """Return a signal of a machine model, or None."""
        ...

    def register(self, device: str, site: str, time: datetime) -> None:
        """Make an unknown device known as a machine of its own, first heard of at `time`."""
        ...

    def view(self) -> FleetView:
        """Return all that is known now, for who judges many messages at once."""
        ...


class RegistryDirectory:
    """A cache in front of the fleet registry.

    What is not in the cache makes it look again, at most once per `refresh_every`; what is, is looked up
    again once it is older than `stale_after`, so that a device moved to another machine is noticed. While
    the registry cannot answer, what the cache knows goes on being used.

    Parameters
    ----------
    registry
        The fleet.
    refresh_every
        Least time between two looks for something unknown.
    stale_after
        Longest time what is known is believed without a look.
    monotonic
        Seconds that never go back.
    """

    def __init__(
        self,
        registry: FleetRegistry,
        *,
        refresh_every: timedelta = timedelta(seconds=1),
        stale_after: timedelta = timedelta(minutes=1),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._refresh_every = refresh_every.total_seconds()
        self._stale_after = stale_after.total_seconds()
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._view = FleetView({}, SignalCatalogue({}))
        self._read_at = float("-inf")

    def knows(self, device: str) -> bool:
        """Tell whether the device is, or ever was, attached to a machine.

        Raises
        ------
        StoreUnavailable
            If the cache does not know it and the registry cannot answer.
        """
        self._refresh(missing=device not in self._view.stays)
        return device in self._view.stays

    def stay_of(self, device: str, time: datetime) -> Stay | None:
        """Return the device's stay on the machine it sat on at `time`, or None if it sat on none.

        Raises
        ------
        StoreUnavailable
            If the cache does not know it and the registry cannot answer.
        """
        stay = self._cached_stay(device, time)
        if self._refresh(missing=stay is None):
            stay = self._cached_stay(device, time)
        return stay

    def signal(self, model: str, name: str) -> Signal | None:
        """Return a signal of a machine model, or None.

        Raises
        ------
        StoreUnavailable
            If the cache does not know it and the registry cannot answer.
        """
        signal = self._view.catalogue.find(model, name)
        if signal is None and self._refresh(missing=True):
            signal = self._view.catalogue.find(model, name)
        return signal

    def register(self, device: str, site: str, time: datetime) -> None:
        """Make an unknown device known: attached, since ever, to the machine of the same id.

        Where there is no such machine, one of model `"*"` is made, so it has the signals that the
        catalogue gives to all models; `time` counts as its installation.
        """
        machines = [] if any(m.id == device for m in self._registry.machines()) else [_machine(device, site, time)]
        self._registry.add(machines, [Attachment(device, device, EPOCH)])
        with self._lock:
            self._read()

    def view(self) -> FleetView:
        """Return all that is known now; it is looked up again first where it is older than `stale_after`."""
        self._refresh(missing=False)
        return self._view

    def _cached_stay(self, device: str, time: datetime) -> Stay | None:
        stays = self._view.stays.get(device)
        if not stays:
            return None
        i = bisect_right(stays, time, key=lambda stay: stay.since) - 1
        if i < 0:
            return None
        until = stays[i].until
        return stays[i] if until is None or time < until else None

    def _refresh(self, *, missing: bool) -> bool:
        age = self._monotonic() - self._read_at
        if age < (self._refresh_every if missing else self._stale_after):
            return False
        with self._lock:
            try:
                self._read()
            except StoreUnavailable:
                if missing:
                    raise
                return False
        return True

    def _read(self) -> None:
        models = {machine.id: machine.model for machine in self._registry.machines()}
        stays: dict[str, list[Stay]] = {}
        for attachment in self._registry.attachments():
            model = models.get(attachment.machine)
            if model is not None:
                stays.setdefault(attachment.device, []).append(Stay(attachment.since, attachment.until, model))
        catalogue = self._registry.catalogue()
        for found in stays.values():
            found.sort(key=lambda stay: stay.since)
        if catalogue != self._view.catalogue:
            check_units(catalogue)
            self._view = FleetView(stays, catalogue)
        elif stays != self._view.stays:
            self._view = FleetView(stays, self._view.catalogue)
        self._read_at = self._monotonic()


def _machine(device: str, site: str, time: datetime) -> Machine:
    return Machine(device, ANY_MODEL, site, installed_at=time)


def _ceil_ms(time: datetime) -> int:
    return -((EPOCH - time) // MILLISECOND)
