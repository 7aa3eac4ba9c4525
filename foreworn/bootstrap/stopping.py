"""How a process that runs until it is told to stop hears of it."""

import signal
import threading
from types import FrameType


def stop_on_signal(stop: threading.Event) -> None:
    """Set `stop` when the process is told to end."""

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)
