"""`python -m benchmarks.replay azure --data DIR`: exit code 1 says that something is wrong, and what."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.models import azure
from benchmarks.report import BenchmarkReport
from foreworn.bootstrap import for_replay, open_stores, read_azure_pdm
from foreworn.data_folder import data_folder_lock
from foreworn.errors import ForewornError
from foreworn.fleet.history import RecordedFleet
from foreworn.replay import Replayed, run_replay
from foreworn.settings import Settings
from models.failure import FailureModelSettings, train

START: Final = datetime(2015, 8, 1, tzinfo=UTC)
PROTOCOL: Final = (
    "{days} days from 2015-08-01 of 100 machines, published at QoS 1 over a real broker ({broker}) by one gateway, "
    "every hour waited for, stored in DuckDB, scored every hour for four components with reasons; one process; "
    "seconds on the wall by stage; the model's training is not counted"
)


def measure(fleet: RecordedFleet, days: int) -> BenchmarkReport:
    """Replay `days` days and return hours a second and each stage's share."""
    settings = FailureModelSettings()
    model = train(fleet.history, until=START, settings=settings)
    with tempfile.TemporaryDirectory() as folder:
        chosen = for_replay(Settings(data_dir=Path(folder)))
        with data_folder_lock(chosen):
            stores, broker = open_stores(chosen), []
            try:
                replayed = run_replay(
                    chosen,
                    stores,
                    fleet,
                    model,
                    start=START,
                    end=START + timedelta(days=days),
                    on_start=lambda platform: broker.append(str(platform.broker.kind)),
                )
            finally:
                stores.close()
    protocol = PROTOCOL.format(days=days, broker=broker[0])
    return BenchmarkReport("replay", "azure", protocol, _figures(replayed), settings.seed)


def _figures(replayed: Replayed) -> dict[str, float | int]:
    seconds, counts = replayed.stopwatch.seconds, replayed.report.counts
    total = sum(seconds.values())
    return {
        "readings_sent": counts.readings_sent,
        "readings_acknowledged": counts.readings_acknowledged,
        "readings_stored": counts.readings_stored,
        "hours_per_second": replayed.report.hours / total,
        "readings_per_second": counts.readings_stored / total,
        **{f"share_{stage.replace(' ', '_')}": spent / total for stage, spent in seconds.items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and return the exit code."""
    command = argparse.ArgumentParser(prog="python -m benchmarks.replay", description="Measure the replay's speed.")
    command.add_argument("set", choices=["azure"])
    command.add_argument("--data", type=Path, required=True, help="the folder that holds azure_pdm/")
    command.add_argument("--days", type=int, default=31, help="how many days from 1 August 2015 on")
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
    chosen = command.parse_args(arguments)
    try:
        report = measure(read_azure_pdm(chosen.data / azure.FOLDER), chosen.days)
    except (ForewornError, OSError) as problem:
        print(f"benchmarks.replay: {problem}", file=sys.stderr)
        return 1
    report.show()
    if chosen.json is not None:
        report.write(chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
