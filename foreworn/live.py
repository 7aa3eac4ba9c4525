"""Run the loop live, on wall time, until told to stop or until it may no longer acknowledge."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from foreworn.bootstrap import Platform, open_stores, running_platform, stop_on_signal
from foreworn.clock import WallClock
from foreworn.data_folder import data_folder_lock
from foreworn.errors import DamagedModel, NotFound, StoreUnavailable
from foreworn.settings import Settings

SCORING_PAUSE = timedelta(seconds=5)
"""How often the clock is asked whether a grid time has passed; an hour's forecasts come at most this late."""

_log = logging.getLogger(__name__)


def run_live(settings: Settings, *, on_start: Callable[[Platform], None]) -> None:
    """Listen, store, score and serve until SIGINT or SIGTERM.

    Raises
    ------
    SpoolFailed
        If data could no longer be made durable; everything is stopped first.
    """
    stop = threading.Event()
    stop_on_signal(stop)  # before anything is started that a signal would leave behind
    with data_folder_lock(settings):
        stores = open_stores(settings)
        clock = WallClock()
        try:
            with running_platform(
                settings,
                stores,
                clock=clock,
                receiving_clock=clock,
                start=clock.now(),
                serving=stores.models.serving,
                detecting=stores.detectors.serving,
            ) as platform:
                _run_until(stop, platform, on_start)
                if platform.failed is not None:
                    raise platform.failed
        finally:
            stores.close()


def _run_until(stop: threading.Event, platform: Platform, on_start: Callable[[Platform], None]) -> None:
    console = platform.console()
    console.start()
    try:
        on_start(platform)
        while not stop.wait(SCORING_PAUSE.total_seconds()) and platform.failed is None:
            work_due(platform)
    finally:
        console.stop()


def work_due(platform: Platform) -> None:
    """Do what is due; when a store is away or a model is damaged, leave it due and go on collecting."""
    try:
        platform.work_due()
    except (StoreUnavailable, DamagedModel, NotFound) as away:
        _log.warning("%s; what is due is done later", away)
