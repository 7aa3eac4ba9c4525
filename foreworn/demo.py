"""The demo: train on a simulated fleet, replay the golden history over MQTT, leave the console open."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import pyarrow.compute as pc

from foreworn.bootstrap import Platform, open_stores, read_history, start_afresh
from foreworn.data_folder import data_folder_lock
from foreworn.fleet.history import RecordedFleet
from foreworn.loop.training import train
from foreworn.replay import Replayed, run_replay
from foreworn.settings import Settings
from foreworn.telemetry.sample import MILLISECOND
from simulators import golden


class DemoAudience(Protocol):
    """Who is told how the demo goes on."""

    def training(self, fleet: RecordedFleet) -> None:
        """Say that training on a simulated fleet begins."""
        ...

    def console_open(self, url: str, start: datetime, end: datetime) -> None:
        """Say that the console answers and the replay of [start, end) begins."""
        ...

    def reached(self, time: datetime) -> None:
        """Say that the replay has come to `time`."""
        ...

    def finished(self, replayed: Replayed) -> None:
        """Say that the replay is over, and what it showed."""
        ...


def run_demo(settings: Settings, audience: DemoAudience, *, leave_open: Callable[[], None]) -> Replayed:
    """Run the demo on the data folder, emptied; the console stays until `leave_open` returns."""
    with data_folder_lock(settings):
        start_afresh(settings)
        stores = open_stores(settings)
        try:
            past = golden.training_fleet()
            audience.training(past)
            model = train(past.history, until=_after(past), settings=settings.scoring, models=stores.models)
            fleet = read_history(golden.folder())
            start, end = _stretch(fleet)
            console = None

            def open_console(platform: Platform) -> None:
                nonlocal console
                console = platform.console()
                console.start()
                audience.console_open(console.url, start, end)

            try:
                replayed = run_replay(
                    settings,
                    stores,
                    fleet,
                    model,
                    start=start,
                    end=end,
                    on_start=open_console,
                    on_step=audience.reached,
                )
                audience.finished(replayed)
                leave_open()
                return replayed
            finally:
                if console is not None:
                    console.stop()
        finally:
            stores.close()


def _after(fleet: RecordedFleet) -> datetime:
    return pc.max(fleet.history.telemetry["time"]).as_py() + MILLISECOND  # type: ignore[no-any-return]


def _stretch(fleet: RecordedFleet) -> tuple[datetime, datetime]:
    """Return the whole record; where raw arrivals were kept, until the last of them had come."""
    time = fleet.history.telemetry["time"]
    last = pc.max(time).as_py()
    if fleet.arrivals is not None:
        last = max(last, pc.max(fleet.arrivals["received_at"]).as_py())
    return pc.min(time).as_py(), last + MILLISECOND
