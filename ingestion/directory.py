"""Which machine model a device speaks for, and what signals that model has; cached, because every sample asks."""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from foreworn.errors import StoreUnavailable
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.registry import FleetRegistry
from foreworn.telemetry.sample import EPOCH
from foreworn.telemetry.signal import Signal, SignalCatalogue

ANY_MODEL = "*"


class DeviceDirectory(Protocol):
    """Knows the devices that may speak."""

    def knows(self, device: str) -> bool:
        """Tell whether the device is, or ever was, attached to a machine."""
        ...

    def model_of(self, device: str, time: datetime) -> str | None:
        """Return the model of the machine the device sat on at `time`, or None if it sat on none."""
        ...

    def signal(self, model: str, name: str) -> Signal | None:
        """Return a signal of a machine model, or None."""
        ...

    def register(self, device: str, site: str, time: datetime) -> None:
        """Make an unknown device known as a machine of its own, first heard of at `time`."""
        ...


@dataclass(frozen=True, slots=True)
class _Stay:
    since: datetime
    until: datetime | None
    model: str


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
        self._stays: Mapping[str, list[_Stay]] = {}
        self._catalogue = SignalCatalogue({})
        self._read_at = float("-inf")

    def knows(self, device: str) -> bool:
        """Tell whether the device is, or ever was, attached to a machine.

        Raises
        ------
        StoreUnavailable
            If the cache does not know it and the registry cannot answer.
        """
        self._refresh(missing=device not in self._stays)
        return device in self._stays

    def model_of(self, device: str, time: datetime) -> str | None:
        """Return the model of the machine the device sat on at `time`, or None if it sat on none.

        Raises
        ------
        StoreUnavailable
            If the cache does not know it and the registry cannot answer.
        """
        model = self._cached_model(device, time)
        if self._refresh(missing=model is None):
            model = self._cached_model(device, time)
        return model

    def signal(self, model: str, name: str) -> Signal | None:
        """Return a signal of a machine model, or None.

        Raises
        ------
        StoreUnavailable
            If the cache does not know it and the registry cannot answer.
        """
        signal = self._catalogue.find(model, name)
        if signal is None and self._refresh(missing=True):
            signal = self._catalogue.find(model, name)
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

    def _cached_model(self, device: str, time: datetime) -> str | None:
        stays = self._stays.get(device)
        if not stays:
            return None
        i = bisect_right(stays, time, key=lambda stay: stay.since) - 1
        if i < 0:
            return None
        until = stays[i].until
        return stays[i].model if until is None or time < until else None

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
        stays: dict[str, list[_Stay]] = {}
        for attachment in self._registry.attachments():
            model = models.get(attachment.machine)
            if model is not None:
                stays.setdefault(attachment.device, []).append(_Stay(attachment.since, attachment.until, model))
        self._catalogue = self._registry.catalogue()
        self._stays = {device: sorted(found, key=lambda stay: stay.since) for device, found in stays.items()}
        self._read_at = self._monotonic()


def _machine(device: str, site: str, time: datetime) -> Machine:
    return Machine(device, ANY_MODEL, site, installed_at=time)
