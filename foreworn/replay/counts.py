"""What became of a replay's readings, counted in the stores afterwards."""

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.bootstrap import Platform
from foreworn.fleet.history import FleetHistory, RecordedFleet
from foreworn.loop.backfill import of_devices
from foreworn.loop.replay_report import ReplayCounts, first_said
from foreworn.telemetry.sample import MILLISECOND
from simulators.publisher import DevicePublisher
from simulators.replay import HistoryReplay


def count(
    fleet: RecordedFleet,
    stretch: FleetHistory,
    devices: HistoryReplay,
    platform: Platform,
    publisher: DevicePublisher,
    forecasts: pa.Table,
    version: str,
) -> ReplayCounts:
    """Count what became of the stretch's samples, as the stores have them now."""
    sent = of_devices(stretch.telemetry, fleet.attachments)
    times = sent["time"]
    stored = platform.stores.telemetry.samples(
        pc.min(times).as_py(), pc.max(times).as_py() + MILLISECOND, signals=stretch.signals
    )
    own = forecasts.filter(pc.equal(forecasts["model_version"], version))
    return ReplayCounts(
        messages_sent=publisher.sent,
        messages_received=platform.collector.counts.messages,
        readings_sent=devices.published,
        readings_acknowledged=devices.acknowledged,
        readings_stored=_equal_rows(sent.select(stored.column_names), stored),
        readings_quarantined=sum(platform.stores.quarantine.count().values()),
        forecasts_issued=len(own),
        forecasts_revised=len(own) - len(first_said(own, version)),
    )


def _equal_rows(sent: pa.Table, stored: pa.Table) -> int:
    """Count the sent samples that the store gives back with every value as it was sent."""
    as_it_was = {(row["device"], row["time"]): row for row in stored.to_pylist()}
    return sum(as_it_was.get((row["device"], row["time"])) == row for row in sent.to_pylist())
