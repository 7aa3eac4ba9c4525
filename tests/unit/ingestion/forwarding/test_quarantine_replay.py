"""What was refused, replayed after a fix: what is good now is stored once, the rest stays with its reason."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from foreworn.errors import SpoolFailed
from foreworn.fleet.machine import Attachment, Machine
from foreworn.settings import IngestionSettings, UnknownDevices
from foreworn.storage.operations.memory import MemoryDirtyWindows, MemoryFleetRegistry
from foreworn.storage.operations.memory_quarantine import MemoryQuarantine
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import DeviceProgress, IntakeBatch
from foreworn.telemetry.quarantine import EVERYTHING, ReplayReport, Selection
from foreworn.telemetry.sample import Event, Sample, Status, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.wire import Kind, encode_batch, encode_sample, encode_status, topic
from ingestion.formats.message import MOST_REFUSALS, Contents
from ingestion.forwarding.forwarder import Forwarder
from ingestion.forwarding.quarantine_replay import QuarantineReplay
from ingestion.reception.reception import Reception
from ingestion.spool.spool import MemorySpool
from tests.unit.ingestion.plant import CATALOGUE, DEVICE, HOUR, NEW_YEAR, TELEMETRY, reception, registry

SOON = timedelta(seconds=10)
YEAR_END = NEW_YEAR + timedelta(days=365)
WIDER = SignalCatalogue({"px": [Signal("vibration", "mm/s", low=0.0, high=1e6)]})


class NoProgress:
    """A progress log that keeps nothing: a replay is about readings."""

    def observe(self, batch: IntakeBatch) -> None:
        pass

    def stored(self, newest: Mapping[str, datetime]) -> None:
        pass

    def all(self) -> list[DeviceProgress]:
        return []


class Plant:
    """A small platform without a broker: what is heard is stored, or refused and kept."""

    def __init__(self) -> None:
        self.registry = registry(DEVICE)
        self.quarantine = MemoryQuarantine()
        self.spool = MemorySpool()
        self.store = MemoryTelemetryStore(CATALOGUE)
        self.now = YEAR_END
        self.settings = IngestionSettings()

    @property
    def rules(self) -> Reception:
        return reception(self.registry, self.settings, self.now)

    def hear(self, payload: bytes, topic: str = TELEMETRY) -> Contents:
        rules = self.rules
        contents = rules.read(topic, payload)
        self.spool.commit(rules.join([contents]))
        self.forward()
        return contents

    def replay(self, selection: Selection = EVERYTHING, **how: Any) -> ReplayReport:
        report = QuarantineReplay(self.quarantine, lambda: self.rules, self.spool).replay(selection, **how)
        self.forward()
        return report

    def forward(self) -> None:
        progress, dirty = NoProgress(), MemoryDirtyWindows()
        forwarder = Forwarder(
            self.spool, self.store, self.quarantine, progress, dirty, lambda: None, IngestionSettings()
        )
        forwarder.start()
        try:
            forwarder.drain(SOON)
        finally:
            forwarder.stop()

    def stored(self, signal: str = "vibration") -> dict[int, float]:
        """The stored values of a signal, by hour of the year."""
        rows = self.store.samples(NEW_YEAR, YEAR_END, signals=[signal]).to_pylist()
        return {(row["time"] - NEW_YEAR) // HOUR: row[signal] for row in rows}

    def widen(self) -> None:
        self.registry.add_signals(WIDER)


@pytest.fixture
def plant() -> Plant:
    return Plant()


def at(hour: int, seq: int | None = None, device: str = DEVICE, **values: Any) -> Sample:
    return Sample(device, NEW_YEAR + hour * HOUR, values, seq)


def naming(names: list[str], **others: Any) -> Sample:
    """A sample of hour 1 with the value 1.0 of many signals."""
    return Sample(DEVICE, NEW_YEAR + HOUR, {**dict.fromkeys(names, 1.0), **others})


def test_a_value_that_was_out_of_range_is_stored_once_the_range_is_mended(plant: Plant) -> None:
    plant.hear(encode_sample(at(3, vibration=250.0, starts=7)))
    assert plant.quarantine.count() == {"out_of_range": 1}
    plant.widen()
    assert plant.replay() == ReplayReport(replayed=1)
    assert (plant.stored(), plant.stored("starts"), plant.quarantine.count()) == ({3: 250.0}, {3: 7}, {})


def test_what_is_refused_still_stays_as_it_is_and_is_reported(plant: Plant) -> None:
    plant.hear(encode_sample(at(3, vibration=250.0)))
    before = plant.quarantine.find()
    assert plant.replay() == ReplayReport(refused={"out_of_range": 1})
    assert (plant.quarantine.find(), plant.stored()) == (before, {})


def test_a_device_that_was_unknown_is_stored_once_it_is_attached(plant: Plant) -> None:
    stranger = topic("west", "pump-9", Kind.TELEMETRY)
    plant.hear(encode_sample(at(1, device="pump-9", vibration=4.0)), stranger)
    plant.hear(encode_batch([Event("pump-9", NEW_YEAR, "E7")]), topic("west", "pump-9", Kind.EVENT))
    assert plant.quarantine.count() == {"unknown_device": 2}
    plant.registry.add([Machine("m9", "px", "west", NEW_YEAR)], [Attachment("pump-9", "m9", NEW_YEAR)])
    assert plant.replay(Selection(device="pump-9")) == ReplayReport(replayed=2)
    assert plant.stored() == {1: 4.0}
    assert plant.store.events(NEW_YEAR, YEAR_END)["code"].to_pylist() == ["E7"]


def test_a_bad_value_in_a_message_that_was_refused_whole_becomes_an_entry_of_its_own(plant: Plant) -> None:
    plant.hear(
        encode_sample(at(1, device="pump-9", vibration=999.0, starts=2)), topic("west", "pump-9", Kind.TELEMETRY)
    )
    plant.registry.add([Machine("m9", "px", "west", NEW_YEAR)], [Attachment("pump-9", "m9", NEW_YEAR)])
    received_at = plant.quarantine.find()[0].rejection.received_at
    plant.now += HOUR
    assert plant.replay() == ReplayReport(replayed=1, refused={"out_of_range": 1})
    ((left),) = plant.quarantine.find()
    assert (left.rejection.reason, left.rejection.signal) == ("out_of_range", "vibration")
    assert left.rejection.received_at == received_at, "it was received when the message was"
    assert plant.stored("starts") == {1: 2}


def test_what_is_refused_for_another_reason_now_says_so_and_keeps_its_id(plant: Plant) -> None:
    plant.hear(encode_sample(at(1, device="pump-9", vibration=999.0)), topic("west", "pump-9", Kind.TELEMETRY))
    plant.hear(encode_sample(at(2, vibration=999.0)))
    (ours,) = plant.quarantine.find(Selection(device=DEVICE))
    fleet = MemoryFleetRegistry()
    fleet.add_signals(CATALOGUE)
    plant.registry = fleet  # both are strangers now
    assert plant.replay(Selection(device=DEVICE)) == ReplayReport(refused={"unknown_device": 1})
    now = plant.quarantine.get(ours.id).rejection
    assert (now.reason, now.signal, "not in the registry" in now.detail) == ("unknown_device", "vibration", True)
    assert plant.quarantine.count() == {"unknown_device": 2}


def test_a_time_that_was_in_the_future_is_good_once_it_has_come(plant: Plant) -> None:
    plant.now = NEW_YEAR
    plant.hear(encode_sample(at(5, vibration=1.0)))
    assert plant.replay().refused == {"future_time": 1}
    plant.now = NEW_YEAR + 5 * HOUR
    assert plant.replay() == ReplayReport(replayed=1)
    assert plant.stored() == {5: 1.0}


def test_only_the_refused_signal_is_replayed_so_the_others_stay_as_they_are_now(plant: Plant) -> None:
    plant.hear(encode_sample(at(3, vibration=250.0, starts=7, hours_run=100)))
    plant.hear(encode_sample(at(3, starts=8)))  # corrected since
    plant.widen()
    plant.replay()
    assert (plant.stored(), plant.stored("starts")) == ({3: 250.0}, {3: 8})


def test_a_value_that_was_stored_since_is_not_written_over(plant: Plant) -> None:
    plant.hear(encode_sample(at(3, vibration=250.0)))
    plant.hear(encode_sample(at(3, vibration=25.0)))  # the device has sent the right value since
    plant.widen()
    assert plant.replay() == ReplayReport(replayed=1)
    assert (plant.stored(), plant.quarantine.count()) == ({3: 25.0}, {})


@pytest.mark.parametrize("page", [1, 500], ids=["one at a time", "all at once"])
def test_of_two_refused_values_of_one_time_the_later_received_wins(plant: Plant, page: int) -> None:
    for minute, value in enumerate([250.0, 260.0, 270.0]):
        plant.now = YEAR_END + minute * timedelta(minutes=1)
        plant.hear(encode_sample(at(3, vibration=value)))
    plant.widen()
    report, following = ReplayReport(), None
    while True:
        one = plant.replay(after=following, limit=page)
        report, following = report + one, one.following
        if following is None:
            break
    assert (report.replayed, plant.stored()) == (3, {3: 270.0})


def test_of_a_batch_the_good_values_stay_and_the_refused_ones_are_filled_in(plant: Plant) -> None:
    hours = [at(h, h, vibration=float(h) if h % 3 else 250.0 + h) for h in range(30)]
    plant.hear(encode_batch(hours))
    ((entry),) = plant.quarantine.find()
    assert "and 9 more in this message" in entry.rejection.detail
    plant.hear(encode_sample(at(1, vibration=55.0)))  # received later than the batch
    plant.widen()
    assert plant.replay() == ReplayReport(replayed=1)
    assert plant.stored() == {h: 55.0 if h == 1 else float(h) if h % 3 else 250.0 + h for h in range(30)}


def test_a_message_with_more_wrong_than_is_kept_apart_is_replayed_whole(plant: Plant) -> None:
    names = [f"s{i:02}" for i in range(40)]
    plant.hear(encode_sample(naming(names, vibration=2.0)))
    assert plant.quarantine.count() == {"unknown_signal": 16}
    known = SignalCatalogue({"px": [Signal(name) for name in names]})
    plant.registry.add_signals(known)
    plant.store.use(plant.registry.catalogue())
    assert plant.replay() == ReplayReport(replayed=16)
    assert [plant.stored(name) for name in names] == [{1: 1.0}] * 40
    assert plant.quarantine.count() == {}


def test_of_more_wrong_than_is_kept_apart_nothing_is_lost_when_a_part_is_mended(plant: Plant) -> None:
    names = [f"s{i:02}" for i in range(40)]
    plant.hear(encode_sample(naming(names)))
    for last in (10, 25, 40):
        plant.registry.add_signals(SignalCatalogue({"px": [Signal(name) for name in names[:last]]}))
        plant.store.use(plant.registry.catalogue())
        while plant.replay().replayed:
            pass
        assert [name for name in names[:last] if plant.stored(name) != {1: 1.0}] == []
    assert plant.quarantine.count() == {}


def test_what_the_store_refused_is_sent_to_it_again_as_it_is(plant: Plant) -> None:
    celsius = Signal("oil", "degC", low=-50.0, high=200.0, sent_unit="degF")
    plant.registry.add_signals(SignalCatalogue({"px": [celsius]}))
    plant.hear(encode_sample(at(1, oil=212.0)))  # the store does not know the signal
    (entry,) = plant.quarantine.find()
    assert (entry.rejection.reason, entry.rejection.topic) == ("store_refused", "foreworn/v1/-/pump-7/telemetry")
    plant.replay()
    assert plant.quarantine.count() == {"store_refused": 1}, "the store refuses it still"
    plant.store.use(plant.registry.catalogue())
    assert plant.replay() == ReplayReport(replayed=1)
    assert plant.stored("oil") == {1: 100.0}, "converted once, when it was received"


def test_too_fast_is_replayed_only_where_it_is_asked_for(plant: Plant) -> None:
    plant.hear(encode_sample(at(1, vibration=9.0)))
    message = plant.rules.read(TELEMETRY, b"").rejections[0]
    fast = replace(message, payload=encode_sample(at(2, vibration=90.0)), reason="too_fast", signal="vibration")
    plant.quarantine.put([fast])
    assert plant.replay() == ReplayReport(skipped={"not_asked_for": 1})
    assert plant.replay(Selection(reason="too_fast")) == ReplayReport(replayed=1)
    assert plant.stored() == {1: 9.0, 2: 90.0}


def test_what_a_device_said_of_its_state_then_is_let_go(plant: Plant) -> None:
    plant.hear(encode_status(Status("pump-9", "offline", NEW_YEAR)), topic("west", "pump-9", Kind.STATUS))
    plant.registry.add([Machine("m9", "px", "west", NEW_YEAR)], [Attachment("pump-9", "m9", NEW_YEAR)])
    assert plant.replay() == ReplayReport(outdated=1)
    assert plant.quarantine.count() == {}


def test_an_entry_that_today_would_be_let_go_unseen_stays(plant: Plant) -> None:
    plant.hear(encode_sample(at(1, device="pump-9", vibration=4.0)), topic("west", "pump-9", Kind.TELEMETRY))
    plant.settings = IngestionSettings(unknown_devices=UnknownDevices.REFUSE)
    assert plant.replay() == ReplayReport(skipped={"nothing_in_it": 1})
    assert plant.quarantine.count() == {"unknown_device": 1}


def test_only_what_is_selected_is_replayed(plant: Plant) -> None:
    for hour in range(6):
        plant.hear(encode_sample(at(hour, vibration=250.0)))
    ids = tuple(entry.id for entry in plant.quarantine.find(limit=2))
    plant.widen()
    assert plant.replay(Selection(ids=ids)).replayed == 2
    assert plant.replay(Selection(reason="unreadable")) == ReplayReport()
    assert plant.quarantine.count() == {"out_of_range": 4}


class BrokenSpool(MemorySpool):
    """A spool whose commits break off, before or after they are durable."""

    def __init__(self, *, durable: bool) -> None:
        super().__init__()
        self._durable = durable

    def commit(self, batch: IntakeBatch, through: Mapping[str, int] | None = None) -> None:
        if self._durable:
            super().commit(batch, through)
        raise SpoolFailed("the process ends here")


@pytest.mark.parametrize("durable", [False, True], ids=["before the commit", "after the commit"])
def test_a_crash_around_the_commit_loses_nothing_and_stores_nothing_twice(plant: Plant, durable: bool) -> None:
    for hour in range(3):
        plant.hear(encode_sample(at(hour, vibration=250.0 + hour)))
    plant.widen()
    plant.spool = broken = BrokenSpool(durable=durable)
    with pytest.raises(SpoolFailed):
        plant.replay()
    assert plant.quarantine.count() == {"out_of_range": 3}
    plant.forward()
    plant.spool = MemorySpool()
    assert plant.replay() == ReplayReport(replayed=3)
    assert (plant.stored(), plant.quarantine.count()) == ({h: 250.0 + h for h in range(3)}, {})
    assert broken.depth() == 0


def test_a_replay_does_not_make_a_silent_device_look_heard(plant: Plant) -> None:
    plant.hear(encode_sample(at(1, 41, vibration=250.0)))
    received_at: datetime = plant.quarantine.find()[0].rejection.received_at
    plant.now += timedelta(days=9)
    plant.widen()
    QuarantineReplay(plant.quarantine, lambda: plant.rules, plant.spool).replay(EVERYTHING)
    ((_, batch),) = plant.spool.pending()
    filled = TelemetryBatch(samples=(at(1, vibration=250.0),))
    assert batch == IntakeBatch(filled, received_at=received_at, fills=True)


def test_a_batch_that_fills_sees_what_was_committed_before_it_and_yields_to_what_comes_after(plant: Plant) -> None:
    def commit(hour: int, value: float, *, fills: bool) -> None:
        filled = TelemetryBatch(samples=(at(hour, vibration=value),))
        plant.spool.commit(IntakeBatch(filled, received_at=NEW_YEAR, fills=fills))

    commit(1, 1.0, fills=False)
    commit(1, 2.0, fills=True)
    commit(2, 2.0, fills=True)
    commit(2, 3.0, fills=False)
    plant.forward()
    assert plant.stored() == {1: 1.0, 2: 3.0}


def test_one_replay_after_another_knows_what_was_mended_between_them(plant: Plant) -> None:
    plant.hear(encode_sample(at(3, vibration=250.0)))
    replaying = QuarantineReplay(plant.quarantine, lambda: plant.rules, plant.spool)
    assert replaying.replay(EVERYTHING).refused == {"out_of_range": 1}
    plant.widen()
    assert replaying.replay(EVERYTHING).replayed == 1


def too_many(first: float) -> bytes:
    """A message with more refusals than are looked into, and behind them a good reading."""
    bad = [at(hour, hour, vibration=250.0) for hour in range(MOST_REFUSALS + 100)]
    return encode_batch([at(8000, 8000, vibration=first), *bad, at(8001, 8001, vibration=2.0)])


def test_what_was_not_looked_into_is_stored_once_the_cause_is_mended(plant: Plant) -> None:
    heard = plant.hear(too_many(first=1.0))
    assert heard.seqs == (8000, *range(MOST_REFUSALS))
    assert plant.quarantine.count() == {"out_of_range": 1, "oversize": 1}
    assert plant.stored() == {8000: 1.0}
    plant.widen()
    assert plant.replay() == ReplayReport(replayed=2)
    assert plant.stored() == {8000: 1.0, 8001: 2.0, **dict.fromkeys(range(MOST_REFUSALS + 100), 250.0)}
    assert plant.quarantine.count() == {}


def test_what_is_still_not_looked_into_stays(plant: Plant) -> None:
    plant.hear(too_many(first=1.0))
    assert plant.replay() == ReplayReport(refused={"out_of_range": 1, "oversize": 1})
    assert plant.quarantine.count() == {"out_of_range": 1, "oversize": 1}


def test_a_replay_of_the_other_entries_leaves_that_of_what_was_not_looked_into(plant: Plant) -> None:
    plant.hear(too_many(first=1.0))
    plant.widen()
    plant.replay(Selection(reason="out_of_range"))
    assert plant.quarantine.count() == {"oversize": 1}
    plant.replay()
    assert (len(plant.stored()), plant.quarantine.count()) == (MOST_REFUSALS + 102, {})
