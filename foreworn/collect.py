"""Collect, and nothing else: one process of a server installation, from the broker to the telemetry store."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from foreworn.bootstrap import Collecting, CollectorKind, open_stores, reach, running_collector, stop_on_signal
from foreworn.clock import WallClock, grid_times
from foreworn.data_folder import data_folder_lock
from foreworn.settings import Settings

_LOOK = 0.2


def run_collect(
    settings: Settings, *, on_start: Callable[[Collecting], None], kind: CollectorKind = CollectorKind.BULK
) -> None:
    """Take in and store until SIGINT or SIGTERM.

    Whoever scores does so in another process, so what counts as late is judged by the clock alone: a
    reading of an hour that may have been scored marks that hour to be scored again.

    Raises
    ------
    SpoolFailed
        If data could no longer be made durable; everything is stopped first.
    """
    stop = threading.Event()
    stop_on_signal(stop)
    with data_folder_lock(settings):
        stores = open_stores(settings)
        clock = WallClock()
        try:
            with running_collector(
                settings,
                stores,
                clock=clock,
                scored_until=lambda: _last_grid_time(clock.now(), settings.scoring.every),
                window=reach(stores.models.serving, stores.detectors.serving),
                kind=kind,
            ) as collecting:
                on_start(collecting)
                while not stop.wait(_LOOK) and collecting.failed is None:
                    pass
                if collecting.failed is not None:
                    raise collecting.failed
        finally:
            stores.close()


def _last_grid_time(now: datetime, every: timedelta) -> datetime:
    return grid_times(now - every, now, every)[-1]
