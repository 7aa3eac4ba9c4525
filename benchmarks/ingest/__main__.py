"""`python -m benchmarks.ingest`: rows per CPU second, beside paho and Telegraf; what is slow or heavy, and when."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.ingest.bench import Bench
from benchmarks.ingest.contender import ForewornCollector, Telegraf, telegraf_version
from benchmarks.ingest.latency import latencies
from benchmarks.ingest.outage import outage
from benchmarks.ingest.turns import StartContender, Work, alternate, paced, ratio, spread
from benchmarks.programmes import find, missing
from benchmarks.report import BenchmarkReport
from simulators.load.plan import LoadFormat
from tests.servers import InfluxServer

PACE: Final = 5_000
RATES: Final = (1_000, 10_000)
PARTS: Final = ("durable", "influx", "paced", "formats", "latency", "outage")
PROTOCOL: Final = (
    "messages at QoS 1 of one JSON reading of six values from 200 devices over 8 connections; rows per CPU second "
    "(user and system, children included) of the collector's process alone; a fresh Mosquitto for every turn "
    "(max_inflight_messages 20000, receive maximum 20000, persistent sessions); 10,000 rows of warm-up left out; the "
    "collector is stopped in its tracks until all {messages:,} messages wait in the broker; {turns} turns, medians, "
    "_low and _high the least and the greatest turn, ratios within a turn; a turn counts only if every row, and no "
    "other, is found with its values: in the spool after kill -9, in Telegraf's file, in InfluxDB. paho: paho-mqtt "
    "reads and acknowledges message by message; all that has queued goes through the same validation, by column, "
    "and into the same spool in one commit. latency: from when a message was due. durable: Foreworn validated and "
    "committed (SQLite WAL, synchronous FULL) before PUBACK, its forwarder waiting for a store that does not answer; "
    "{telegraf} without validation or fsync into outputs.file. influx: all the way into InfluxDB, gzip, both. paced: "
    "as durable, at 5,000 messages a second for 10 s"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and return the exit code."""
    chosen = _command().parse_args(arguments)
    absent = missing("mosquitto", "influxd")
    if absent:
        print(f"benchmarks.ingest: {absent}", file=sys.stderr)
        return 1
    if find("telegraf") is None:
        print(f"{missing('telegraf')}: it is left out, and so are the ratios to it", flush=True)
    report = _measure(chosen)
    report.show(Console(width=140), interval="least .. greatest turn")
    if chosen.json is not None:
        report.write(chosen.json)
    return 0


def _command() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description="Measure what a core takes in.")
    command.add_argument("--short", action="store_true", help="few messages, two turns, a store outage of 30 s")
    command.add_argument("--turns", type=int, help="of every contender; 5, or 2 where --short")
    command.add_argument("--messages", type=int, help="in a burst; 200000, or 40000 where --short")
    command.add_argument("--outage", type=float, metavar="SECONDS", help="600, or 30 where --short")
    command.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure only these")
    command.add_argument("--json", type=Path, metavar="FILE", help="also write the report to this file")
    return command


def _measure(chosen: argparse.Namespace) -> BenchmarkReport:
    messages = chosen.messages or (40_000 if chosen.short else 200_000)
    turns = chosen.turns or (2 if chosen.short else 5)
    lasts = timedelta(seconds=chosen.outage or (30 if chosen.short else 600))
    telegraf = find("telegraf")
    peer = telegraf_version(telegraf) if telegraf else "Telegraf (left out)"
    with tempfile.TemporaryDirectory(prefix="foreworn-ingest-") as folder:
        measured = Measured(Path(folder), telegraf, messages, turns, print)
        try:
            for part in chosen.parts:
                measured.measure(part, lasts)
        finally:
            measured.close()
    protocol = PROTOCOL.format(messages=messages, turns=turns, telegraf=peer)
    return BenchmarkReport("ingest", "burst", protocol, measured.figures, seed=1, peers=measured.peers)


class Measured:
    """The figures, as they are measured part by part."""

    def __init__(
        self, folder: Path, telegraf: Path | None, messages: int, turns: int, tell: Callable[[str], None]
    ) -> None:
        (folder / "influxd").mkdir()
        influx = InfluxServer(folder / "influxd")
        influx.start()
        self.bench = Bench(folder, influx)
        self.figures: dict[str, float | int] = {}
        self.peers: dict[str, dict[str, float | int]] = {}
        self._telegraf = telegraf
        self._work = Work(messages)
        self._turns = turns
        self._tell = tell

    def close(self) -> None:
        """Stop what is shared."""
        with suppress(ProcessLookupError, AssertionError):
            self.bench.influx.resume()
        self.bench.influx.kill()  # nobody needs what it has

    def measure(self, part: str, lasts: timedelta) -> None:
        """Measure one part."""
        self._tell(f"-- {part}")
        match part:
            case "durable":
                self._compare(part, self._work, {"paho": _foreworn("paho", to_store=False)}, to_store=False)
            case "influx":
                self._compare(part, self._work, {}, to_store=True)
            case "paced":
                self._compare(part, paced(PACE), {"paho": _foreworn("paho", to_store=False)}, to_store=False)
            case "formats":
                self._formats()
            case "latency":
                for rate in RATES:
                    self.figures |= latencies(self.bench, rate)
            case "outage":
                self.figures |= outage(self.bench, lasts)

    def _compare(self, part: str, work: Work, others: dict[str, StartContender], *, to_store: bool) -> None:
        contenders = {"bulk": _foreworn("bulk", to_store=to_store), **others}
        if self._telegraf is not None:
            contenders["telegraf"] = _telegraf(self._telegraf, to_store=to_store)
        found = alternate(self.bench, contenders, work, self._turns, self._tell)
        figure = f"{part}_rows_per_cpu_second"
        self.figures |= spread(figure, found["bulk"])
        for name, theirs in found.items():
            if name == "bulk":
                continue
            peer = self.peers.setdefault(name, {})
            peer |= spread(figure, theirs)
            self.figures |= ratio(_ratio_name(part, name), found["bulk"], theirs)

    def _formats(self) -> None:
        for name, form in (("batched_json", LoadFormat.JSON), ("line_protocol", LoadFormat.LINES)):
            work = Work(self._work.messages // 20, batch=50, form=form)
            found = alternate(self.bench, {name: _foreworn("bulk", to_store=False)}, work, self._turns, self._tell)
            self.figures |= spread(f"{name}_rows_per_cpu_second", found[name])


def _ratio_name(part: str, peer: str) -> str:
    if part == "paced":
        return f"paced_ratio_vs_{peer}"
    return "ratio_vs_paho" if peer == "paho" else f"ratio_vs_{peer}_{part}"


def _foreworn(kind: str, *, to_store: bool) -> StartContender:
    return lambda bench, broker: ForewornCollector(bench, broker, kind, to_store=to_store)


def _telegraf(programme: Path, *, to_store: bool) -> StartContender:
    return lambda bench, broker: Telegraf(bench, broker, programme, to_store=to_store)


if __name__ == "__main__":
    sys.exit(main())
