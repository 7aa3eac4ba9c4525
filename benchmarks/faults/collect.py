"""`python -m benchmarks.faults.collect collect`: the command as it is, on a clock that may be set wrong.

The platform asks its `Clock` what time it is; here the wall clock answers with as many seconds off as a file
says at that moment.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.faults.collector_process import CLOCK_VARIABLE
from foreworn.cli import main
from foreworn.clock import WallClock

_true_time = WallClock.now
_offset = Path(os.environ[CLOCK_VARIABLE])


def _now(self: WallClock) -> datetime:
    return _true_time(self) + timedelta(seconds=float(_offset.read_text() or 0))


if __name__ == "__main__":
    WallClock.now = _now  # type: ignore[method-assign]
    main()
