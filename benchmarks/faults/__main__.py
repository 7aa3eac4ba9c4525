"""`python -m benchmarks.faults`: exit code 1 says that a reading was lost, doubled, invented or changed."""

import argparse
import json
import logging
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.faults.lane import open_lane
from benchmarks.faults.result import Result, figures, result_of
from benchmarks.faults.run import run
from benchmarks.faults.schedule import FaultKind, draw
from benchmarks.faults.small_disk import can_mount
from benchmarks.programmes import missing
from benchmarks.report import BenchmarkReport

PROTOCOL: Final = (
    "seeded random sequences of faults against a real Mosquitto, `foreworn collect` as a process of its own (bulk "
    "collector, SQLite spool, SQLite operations) and a real InfluxDB or DuckDB. Plain paho devices count the broker's "
    "PUBACK as acknowledged, and their broker is not killed; keeping devices count the platform's ack, and theirs is, "
    "or has Mosquitto's default queue (1000 messages, 20 in flight) and drops what does not fit. "
    "After each schedule everything is healed and drained, the store is read past the platform, and ledgers and rows "
    "are compared by device, time and all values. Doubles can be seen in DuckDB alone: in InfluxDB the same "
    "series and time take the place of each other. fired_ counts effects: a process that died or stood still, "
    "connections cut, answers given, exits on a full disk; otherwise schedules in which it was felt. The platform's "
    "clock jumps through its Clock port, devices' clocks in their time stamps"
)

_FOLDER = re.compile(r"/\S*/data/")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and return the exit code."""
    chosen = _command().parse_args(arguments)
    numbers = range(chosen.first, chosen.first + chosen.schedules)
    if chosen.lane is not None:
        lane, lanes = map(int, chosen.lane.split("/"))
        _run_lane(chosen.seed, numbers[lane::lanes], small_queues=chosen.small_queues)
        return 0
    absent = missing("mosquitto", "influxd")
    if absent:
        print(f"benchmarks.faults: {absent}", file=sys.stderr)
        return 1
    began = time.monotonic()
    results = _run_lanes(chosen, max(1, min(chosen.lanes, len(numbers))))
    found = figures(results, len(numbers)) | {"seconds": time.monotonic() - began}
    report = BenchmarkReport("faults", "schedules", PROTOCOL, found, chosen.seed)
    report.show()
    _tell_exits(results)
    if chosen.json is not None:
        report.write(chosen.json)
    if len(results) < len(numbers):
        print(f"benchmarks.faults: {len(numbers) - len(results)} schedules did not come to an end", file=sys.stderr)
    return 0 if len(results) == len(numbers) and all(result.is_good for result in results) else 1


def _command() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Prove that nothing is lost.")
    command.add_argument("--schedules", type=int, default=200, help="how many")
    command.add_argument("--first", type=int, default=0, help="the first one's number, to run one again")
    command.add_argument("--seed", type=int, default=20261121, help="of the run; with a number it makes a schedule")
    command.add_argument("--lanes", type=int, default=3, help="schedules at the same time")
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
    command.add_argument(
        "--small-queues", action=argparse.BooleanOptionalAction, default=True, help="some brokers drop"
    )
    command.add_argument("--lane", help=argparse.SUPPRESS)
    return command


def _run_lanes(chosen: argparse.Namespace, lanes: int) -> list[Result]:
    """Run all schedules, several at the same time, and return their results by number."""
    with ThreadPoolExecutor(lanes) as workers:
        parts = list(workers.map(lambda lane: list(_lane(chosen, f"{lane}/{lanes}")), range(lanes)))
    return sorted((result for part in parts for result in part), key=lambda result: result.number)


def _lane(chosen: argparse.Namespace, lane: str) -> Iterator[Result]:
    """Run a share of the schedules in a process of its own, and yield their results as they come."""
    options = ["--schedules", chosen.schedules, "--first", chosen.first, "--seed", chosen.seed, "--lane", lane]
    options.append("--small-queues" if chosen.small_queues else "--no-small-queues")
    call = [sys.executable, "-m", "benchmarks.faults", *map(str, options)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            result = Result(**json.loads(line))
            print(result, flush=True)
            if not result.is_good:
                print(f"{result.schedule}\n{result.log}", flush=True)
            yield result


def _run_lane(seed: int, numbers: Sequence[int], *, small_queues: bool) -> None:
    logging.getLogger("foreworn.device").setLevel(logging.ERROR)  # that connections are lost is no news here
    kinds = [kind for kind in FaultKind if kind is not FaultKind.FULL_DISK or can_mount()]
    with tempfile.TemporaryDirectory(prefix="foreworn-faults-") as folder, open_lane(Path(folder) / "lane") as lane:
        for number in numbers:
            schedule = draw(seed, number, kinds, small_queues=small_queues)
            try:
                print(result_of(run(lane, schedule)).to_json(), flush=True)
            except Exception:
                print(f"{schedule} broke down:\n{traceback.format_exc()}", file=sys.stderr, flush=True)


def _tell_exits(results: Sequence[Result]) -> None:
    said = Counter(_FOLDER.sub("", words) for result in results for words in result.exits)
    for words, count in said.most_common():
        print(f"the collector gave up {count} times, {words}")


if __name__ == "__main__":
    sys.exit(main())
