"""How long a reading takes from its device to where it is safe, at a steady rate."""

import gzip
import re
import threading
import time
from contextlib import closing
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from benchmarks.faults.store_front import StoreFront
from benchmarks.ingest.bench import Bench, load
from benchmarks.ingest.contender import ForewornCollector
from simulators.load.generator import LoadGenerator
from simulators.load.ledger import Ledger

_DEVICES = 20
_SECONDS = 15
_WARM_SECONDS = 3.0
_LINE = re.compile(rb"^telemetry,device=load-(\d+) .* (\d+)$", re.MULTILINE)
_AT_ONCE = (("FOREWORN_INGESTION__ACK_INTERVAL", "PT0S"),)


class StoredTimes:
    """Notes when InfluxDB has said that it has a body; what the body says is read afterwards."""

    def __init__(self) -> None:
        self._bodies: list[tuple[float, bytes]] = []
        self._lock = threading.Lock()

    def note(self, body: bytes) -> None:
        """Take a body that is stored now."""
        now = time.time()
        with self._lock:
            self._bodies.append((now, body))

    def by_reading(self) -> dict[tuple[int, int], float]:
        """Return when each reading (device number, epoch ms) was stored first. [epoch s]."""
        found: dict[tuple[int, int], float] = {}
        for at, body in self._bodies:
            for device, ms in _LINE.findall(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body):
                found.setdefault((int(device), int(ms)), at)
        return found


def due_at(ledger: Ledger) -> npt.NDArray[np.float64]:
    """Return when each message of a paced load was due, however late it was handed to its socket. [epoch s].

    The load begins when the message that was late by the least was due.
    """
    plan = ledger.plan
    assert plan.rate is not None, "only a paced load is due at a time"
    connection = ledger.device.astype(np.int64) % plan.connections
    slots = np.array([plan.slots(number) for number in range(plan.connections)])[connection]
    turn = (ledger.seq - plan.first_seq) // plan.batch * slots + ledger.device.astype(np.int64) // plan.connections
    after: npt.NDArray[np.float64] = (turn + connection / plan.connections) * plan.devices / (plan.rate * slots)
    return after + float((ledger.sent_at - after).min())


def latencies(bench: Bench, rate: int) -> dict[str, float]:
    """Return p50 and p99 from when a message was due to acknowledged and to stored at a rate a second. [ms].

    Acknowledged is the platform's own acknowledgement, which follows the commit; devices hear it at once here, where
    the default joins them for a second. Stored is InfluxDB's answer. The first three seconds are left out.

    Raises
    ------
    RuntimeError
        If not everything was acknowledged and stored, or the rate was not reached.
    """
    stored = StoredTimes()
    front = StoreFront(bench.influx.port, on_written=stored.note)
    with closing(front), bench.broker() as broker:
        collector = ForewornCollector(bench, broker, "bulk", to_store=True, store_port=front.port, settings=_AT_ONCE)
        with closing(collector):
            plan = load(
                port=broker.port,
                rate=rate,
                duration=timedelta(seconds=_SECONDS),
                devices=_DEVICES,
                wants_ack=True,
            )
            generator = LoadGenerator(plan)
            report = generator.run()
            if report.rate < 0.95 * rate:
                raise RuntimeError(f"the generator reached {report.rate:,.0f} messages a second, not {rate:,}")
            collector.wait_for(report.readings)
            ledger = generator.ledger()
            collector.verify([ledger])
    return _percentiles("acknowledged", rate, ledger, ledger.confirmed_at) | _percentiles(
        "stored", rate, ledger, _stored_at(ledger, stored)
    )


def _stored_at(ledger: Ledger, stored: StoredTimes) -> npt.NDArray[np.float64]:
    times, plan = stored.by_reading(), ledger.plan
    ms = (plan.start_us + (ledger.seq.astype(np.int64) - plan.first_seq) * plan.cadence_us) // 1000
    keys = zip(ledger.device.tolist(), ms.tolist(), strict=True)
    return np.array([times.get(key, np.nan) for key in keys])


def _percentiles(name: str, rate: int, ledger: Ledger, at: npt.NDArray[np.float64]) -> dict[str, float]:
    due = due_at(ledger)
    steady = due >= due.min() + _WARM_SECONDS
    passed = (at - due)[steady]
    if np.isnan(passed).any():
        raise RuntimeError(f"{int(np.isnan(passed).sum())} messages were never {name}")
    p50, p99 = np.percentile(passed * 1000, [50, 99])
    return {f"{name}_p50_ms_at_{rate}": float(p50), f"{name}_p99_ms_at_{rate}": float(p99)}
