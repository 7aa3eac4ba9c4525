"""The load generator against a real mosquitto and a collector: its ledger says what the platform got."""

import threading
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from foreworn.errors import BrokerUnavailable
from simulators.load import Ledger, LoadGenerator, LoadPlan
from tests.integration.collecting import SOON, CollectingLine, wait
from tests.servers import MosquittoServer, free_port
from tests.unit.ingestion.plant import HOUR, NEW_YEAR

pytestmark = pytest.mark.server


def plan(port: int, *, messages: int, wants_ack: bool = False, rate: float | None = None) -> LoadPlan:
    return LoadPlan(
        port=port,
        devices=10,
        connections=3,
        rate=rate,
        messages=messages,
        signals=1,
        site="west",
        start=NEW_YEAR,
        wants_ack=wants_ack,
        resend_after=timedelta(seconds=1),
    )


def stored(line: CollectingLine) -> list[tuple[object, ...]]:
    line.forwarder.drain(SOON)
    return rows(line.store.samples(NEW_YEAR, NEW_YEAR + HOUR))


def said(ledger: Ledger) -> list[tuple[object, ...]]:
    return rows(ledger.readings())


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted(zip(*(table[name].to_pylist() for name in ("device", "time", "vibration")), strict=True))


def test_what_the_ledger_says_was_sent_is_stored_value_by_value(mosquitto: MosquittoServer, tmp_path: Path) -> None:
    load = plan(mosquitto.port, messages=3001)
    with CollectingLine(mosquitto.port, tmp_path, devices=tuple(load.device_ids())) as line:
        generator = LoadGenerator(load)
        report = generator.run()
        wait(lambda: line.collector.counts.samples == 3001)
        ledger = generator.ledger()
        assert stored(line) == said(ledger)
        assert (report.progress.sent, report.progress.acknowledged, report.progress.resent) == (3001, 3001, 0)
        assert (len(ledger), bool(ledger.acknowledged.all()), bool(ledger.confirmed.any())) == (3001, True, False)
        assert 0 < report.acknowledge_latency[0] <= report.acknowledge_latency[2] < SOON.total_seconds()


def test_what_a_killed_broker_lost_is_sent_again_until_the_platform_has_it(
    mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    load = plan(mosquitto.port, messages=4000, wants_ack=True, rate=2000)
    with CollectingLine(mosquitto.port, tmp_path, devices=tuple(load.device_ids())) as line:
        generator = LoadGenerator(load)
        running = threading.Thread(target=generator.run)
        running.start()
        wait(lambda: generator.progress.confirmed > 500)
        mosquitto.kill()
        mosquitto.start()
        running.join(60.0)
        assert not running.is_alive()
        assert generator.progress.sent == generator.progress.confirmed == 4000
        assert generator.progress.reconnects >= 3
        assert stored(line) == said(generator.ledger())


def test_a_load_without_a_broker_says_so() -> None:
    with pytest.raises(BrokerUnavailable, match="Connection refused"):
        LoadGenerator(plan(free_port(), messages=1)).run()
