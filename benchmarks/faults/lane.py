"""Opens what schedules that run one after another share, and closes it again."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults.link import LinkLoop
from benchmarks.faults.rig import Lane
from tests.servers import InfluxServer


@contextmanager
def open_lane(folder: Path) -> Iterator[Lane]:
    """Start what schedules share: an InfluxDB, which they may kill, and the loop of the links."""
    (folder / "influxd").mkdir(parents=True)
    influx = InfluxServer(folder / "influxd")
    influx.start()
    loop = LinkLoop()
    try:
        yield Lane(folder, loop, influx)
    finally:
        influx.kill()  # nobody needs what it has
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)
