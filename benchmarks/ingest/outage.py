"""What a long outage of the store costs: memory and disk while it lasts, and how fast it is made up for."""

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from benchmarks.faults.stored_rows import spool_depth
from benchmarks.ingest.bench import Bench, load, send, until
from benchmarks.ingest.contender import ForewornCollector
from benchmarks.ingest.process_cost import cpu_seconds, memory_mib, peak_memory_mib

RATE = 5_000
_MIB = 1024 * 1024
_WITHIN = 1800.0


def outage(bench: Bench, lasts: timedelta) -> dict[str, float | int]:
    """Kill the store, send 5,000 messages a second for so long, start the store again, and wait until all is stored.

    Returns
    -------
    dict
        Memory of the collector before the outage, and its peak at the end of it and after the drain; the spool's
        size; when the drain began, once the store was back (the collector looks after it at growing intervals, up to
        30 s); rows a second from then on, of those left then, by the clock and by the collector's CPU seconds.

    Raises
    ------
    RuntimeError
        If a row is missing in the end.
    """
    with bench.broker() as broker, closing(ForewornCollector(bench, broker, "bulk", to_store=True)) as collector:
        warm = send(load(port=broker.port, messages=RATE, rate=RATE))
        collector.wait_for(len(warm))
        begin = memory_mib(collector.pid)
        bench.influx.kill()
        try:
            plan = load(port=broker.port, first_seq=len(warm) + 1, rate=RATE, duration=lasts)
            sent = send(plan)
        finally:
            spooled = sum(f.stat().st_size for f in collector.spool.parent.glob(f"{collector.spool.name}*"))
            peak = peak_memory_mib(collector.pid)
            bench.influx.start()
        back, deep = time.monotonic(), spool_depth(collector.spool)
        until(lambda: spool_depth(collector.spool) < deep, "the first write", within=_WITHIN)
        began, spent, left = time.monotonic(), cpu_seconds(collector.pid), spooled_entries(collector.spool)
        until(lambda: spool_depth(collector.spool) == 0, "the drain", within=_WITHIN)
        seconds, spent = time.monotonic() - began, cpu_seconds(collector.pid) - spent
        last_peak = peak_memory_mib(collector.pid)
        collector.wait_for(len(warm) + len(sent))
        collector.verify([warm, sent])
    return {
        "outage_s": lasts.total_seconds(),
        "outage_messages": len(sent),
        "memory_before_outage_mib": begin,
        "peak_memory_outage_mib": peak,
        "peak_memory_drain_mib": last_peak,
        "spool_after_outage_mib": spooled / _MIB,
        "drain_begins_after_s": began - back,
        "drain_rows_per_second": left / seconds,
        "drain_rows_per_cpu_second": left / spent,
    }


def spooled_entries(spool: Path) -> int:
    """Return how many entries wait in the spool of a running collector."""
    with closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True, timeout=10)) as connection:
        (entries,) = connection.execute("SELECT coalesce(sum(entries), 0) FROM batch").fetchone()
    return int(entries)
