"""Who is told how the demo goes on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from foreworn.demo.result import DemoResult
from foreworn.fleet.history import RecordedFleet
from simulators.plant import PlantFile


class DemoAudience(Protocol):
    """Who is told how the demo goes on."""

    def simulating(self, file: PlantFile, start: datetime, end: datetime) -> None:
        """Say that [start, end) of the plant is being simulated."""
        ...

    def simulated(self, time: datetime) -> None:
        """Say that the simulation of the past has come to `time`."""
        ...

    def learning(self, past: RecordedFleet) -> None:
        """Say that the past is being stored and learned from."""
        ...

    def note(self, text: str) -> None:
        """Say what the plant's past was too little for."""
        ...

    def console_open(self, link: str, start: datetime, end: datetime) -> None:
        """Say that the console answers at a link that works once, and [start, end) begins to pass."""
        ...

    def reached(self, time: datetime) -> None:
        """Say that the plant has come to `time`."""
        ...

    def timed(self, seconds: Mapping[str, float], span: timedelta) -> None:
        """Say where the wall time of the live stretch went."""
        ...

    def finished(self, result: DemoResult) -> None:
        """Say that the stretch is over, and what it cost."""
        ...
