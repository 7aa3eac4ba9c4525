"""Judging data: what was promised and came, what came late, was refused or came again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.fleet.machine import Attachment, Machine
from foreworn.loop.data_quality import KEPT, DataQuality
from foreworn.storage.operations.memory import MemoryDeviceProgressLog, MemoryFleetRegistry
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quality import SignalQuality
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Sample, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType, SignalValue
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, RepairShop

MINUTE = timedelta(minutes=1)
TEN = 10 * MINUTE
CATALOGUE = SignalCatalogue(
    {
        "px": [Signal("rpm", cadence=TEN), Signal("mode", type=SignalType.STATE, cadence=HOUR)],
        "fan": [Signal("amp", cadence=HOUR), Signal("oil", cadence=HOUR)],
    }
)


class AskedStore(MemoryTelemetryStore):
    """Notes what is read, and what it is asked to count itself."""

    def __init__(self) -> None:
        super().__init__(CATALOGUE)
        self.read: list[tuple[timedelta, tuple[str, ...]]] = []
        self.counted: list[tuple[timedelta, tuple[str, ...]]] = []

    def samples(
        self,
        start: datetime,
        end: datetime,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        self.read.append((end - start, tuple(devices or ())))
        return super().samples(start, end, devices=devices, signals=signals)

    def windows(
        self,
        start: datetime,
        end: datetime,
        every: timedelta,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        self.counted.append((end - start, tuple(devices or ())))
        return super().windows(start, end, every, devices=devices, signals=signals)


class Plant:
    """Two machines whose devices report, and the judge."""

    def __init__(self, shop: RepairShop) -> None:
        self.operations = shop.operations
        self.registry = MemoryFleetRegistry()
        self.registry.add_signals(CATALOGUE)
        self.registry.add(
            [Machine("pump", "px", "west", NOW - 9 * DAY), Machine("fan", "fan", "west", NOW - 9 * DAY)],
            [Attachment("gw-pump", "pump", NOW - 9 * DAY), Attachment("gw-fan", "fan", NOW - 9 * DAY)],
        )
        self.store, self.progress = AskedStore(), MemoryDeviceProgressLog()
        self.quality = DataQuality(self.operations, self.registry, self.store, self.progress)
        self._seq = 0

    def tell(
        self, device: str, time: datetime, *, delay: timedelta = timedelta(0), times: int = 1, **values: SignalValue
    ) -> None:
        """Let a device send a sample, which comes after `delay`, so many times."""
        self._seq += 1
        batch = TelemetryBatch(samples=(Sample(device, time, values, self._seq),))
        for _ in range(times):
            self.store.write(batch)
            self.progress.observe(IntakeBatch(batch, received_at=time + delay))

    def tell_day(self, end: datetime = NOW, device: str = "gw-pump", *, but: tuple[int, ...] = ()) -> None:
        """Let the pump send all that is expected in the day before, but for these of its 144 ten minutes."""
        for n in sorted(set(range(144)) - set(but)):
            time = end - DAY + n * TEN
            if n % 6 == 0:
                self.tell(device, time, rpm=1.0, mode="on")
            else:
                self.tell(device, time, rpm=1.0)

    def judged(self, time: datetime = NOW + 5 * MINUTE) -> dict[tuple[str, str], SignalQuality]:
        self.quality.judge(time)
        with self.operations.reading() as tx:
            return {(q.device, q.signal): q for q in tx.quality.latest()}


@pytest.fixture
def plant(shop: RepairShop) -> Plant:
    return Plant(shop)


def test_all_that_was_promised_makes_a_good_signal(plant: Plant) -> None:
    plant.tell_day()
    whole = SignalQuality("gw-pump", "rpm", NOW, 1.0, 1.0, 1.0, 1.0)
    # The fan was never heard: nothing is said of it.
    assert plant.judged() == {("gw-pump", "rpm"): whole, ("gw-pump", "mode"): replace(whole, signal="mode")}


def test_each_part_says_what_is_wrong(plant: Plant) -> None:
    plant.tell_day(but=(6, 7, 8, 9, 10, 11, 12, 13))
    plant.tell("gw-pump", NOW - HOUR - MINUTE, rpm=1.0, times=3)
    plant.tell("gw-pump", NOW - 40 * MINUTE, delay=30 * MINUTE, rpm=1.0)
    refused = Rejection(NOW - HOUR, "t", b"", "out_of_range", "rpm is -1", "gw-pump", "rpm")
    plant.progress.observe(IntakeBatch(rejections=(refused,), received_at=NOW - HOUR))
    judged = plant.judged()
    rpm, mode = judged["gw-pump", "rpm"], judged["gw-pump", "mode"]
    # 136 of 144 came; a seventh in an hour makes up for none, and one came late at a time that is there already.
    assert rpm.completeness == pytest.approx(136 / 144)
    assert mode.completeness == pytest.approx(22 / 24)
    # 136, one three times, one late.
    assert rpm.timeliness == mode.timeliness == pytest.approx(139 / 140)
    assert rpm.uniqueness == mode.uniqueness == pytest.approx(138 / 140)
    assert rpm.validity == pytest.approx(137 / 138)
    assert mode.validity == 1.0
    assert (rpm.weakest, rpm.score) == ("completeness", rpm.completeness)


def test_only_whole_hours_on_a_machine_in_service_count(plant: Plant) -> None:
    plant.registry.add(
        [Machine("pump", "px", "west", NOW - 9 * DAY, retired_at=NOW - 4 * HOUR)],
        [
            Attachment("gw-pump", "pump", NOW - 9 * DAY, NOW - 20 * HOUR),
            Attachment("gw-pump", "pump", NOW - 10.5 * HOUR),
        ],
    )
    for hours in (24, 23, 22, 21, 10, 9, 8):
        plant.tell("gw-pump", NOW - hours * HOUR, mode="on")
    assert plant.judged()["gw-pump", "mode"].completeness == pytest.approx(7 / 10)


def test_of_two_devices_on_one_machine_each_promises_what_it_sends(plant: Plant) -> None:
    plant.registry.add([], [Attachment("gw-oil", "fan", NOW - 9 * DAY)])
    for hours in range(24, 0, -1):
        plant.tell("gw-fan", NOW - hours * HOUR, amp=1.0)
        if hours > 6:
            plant.tell("gw-oil", NOW - hours * HOUR, oil=1.0)
    judged = plant.judged()
    assert set(judged) == {("gw-fan", "amp"), ("gw-oil", "oil")}
    assert judged["gw-oil", "oil"].completeness == 0.75
    # A day later it is still known to be promised.
    assert plant.judged(NOW + DAY)["gw-oil", "oil"].completeness == 0.0


def test_a_new_device_owes_nothing_from_before_its_first_message(plant: Plant) -> None:
    for minutes in range(80, 0, -10):
        plant.tell("gw-fan", NOW - minutes * MINUTE, amp=1.0)
    # It spoke first at twenty minutes to: one whole hour has passed since, and an hour ago none had.
    assert plant.judged(NOW - HOUR)["gw-fan", "amp"].completeness is None
    assert plant.judged()["gw-fan", "amp"].completeness == 1.0


def test_what_a_new_device_kept_from_before_its_first_message_is_held_against_its_cadence(plant: Plant) -> None:
    for hours in (12, 11, 10, 9, 6, 5, 4, 3, 2, 1):
        plant.tell("gw-fan", NOW - hours * HOUR, delay=hours * HOUR - MINUTE, amp=1.0)
    # Of the eleven whole hours after that in which it began.
    assert plant.judged()["gw-fan", "amp"].completeness == pytest.approx(9 / 11)


def test_a_signal_that_was_never_sent_is_not_judged_and_one_that_stopped_is_missing(plant: Plant) -> None:
    for hours in range(24, 0, -1):
        plant.tell("gw-fan", NOW - hours * HOUR, amp=1.0)
    assert ("gw-fan", "oil") not in plant.judged()
    for hours in range(24):
        plant.tell("gw-fan", NOW + hours * HOUR, oil=1.0)
    judged = plant.judged(NOW + DAY)
    assert (judged["gw-fan", "amp"].completeness, judged["gw-fan", "oil"].completeness) == (0.0, 1.0)


def test_a_signal_whose_values_are_all_refused_was_sent(plant: Plant) -> None:
    refused = Rejection(NOW - HOUR, "t", b"", "out_of_range", "oil is -1", "gw-fan", "oil")
    plant.progress.observe(IntakeBatch(rejections=(refused,), received_at=NOW - HOUR))
    judged = plant.judged()
    assert (judged["gw-fan", "oil"].validity, ("gw-fan", "amp") in judged) == (0.0, False)


def test_hours_that_are_over_are_not_read_again(plant: Plant) -> None:
    for minutes in range(24 * 60, 0, -1):
        plant.tell("gw-pump", NOW - minutes * MINUTE, rpm=1.0)
    plant.judged()
    for minutes in range(120):
        plant.tell("gw-pump", NOW + minutes * MINUTE, rpm=1.0)
    assert plant.judged(NOW + 2 * HOUR)["gw-pump", "rpm"].completeness == 1.0
    # Two new hours, and the two before, whose readings may have come since.
    assert plant.store.read == [(DAY, ("gw-pump",)), (4 * HOUR, ("gw-pump",))]
    assert plant.store.counted == []


def test_where_there_are_many_readings_the_store_counts_them(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foreworn.loop.reading_counts.MOST_SAMPLES", 200)
    plant.tell_day(but=(3,))
    for hours in range(24, 0, -1):
        plant.tell("gw-fan", NOW - hours * HOUR, amp=1.0)
    plant.registry.add([Machine("fan2", "fan", "west", NOW - 9 * DAY)], [Attachment("gw-x", "fan2", NOW - 9 * DAY)])
    plant.tell_day(device="gw-x")
    judged = plant.judged()
    assert judged["gw-pump", "rpm"].completeness == pytest.approx(143 / 144)
    assert judged["gw-pump", "mode"].completeness == judged["gw-fan", "amp"].completeness == 1.0
    # Texts are read: so many devices at once.
    assert plant.store.read == [(DAY, ("gw-fan", "gw-pump")), (DAY, ("gw-x",))]
    assert plant.store.counted == [(DAY, ("gw-fan", "gw-pump", "gw-x"))]


def test_an_hour_is_counted_again_where_readings_of_it_came_later(plant: Plant) -> None:
    plant.tell_day(but=tuple(range(60, 72)))
    assert plant.judged()["gw-pump", "rpm"].completeness == pytest.approx(132 / 144)
    for n in range(60, 72):
        plant.tell("gw-pump", NOW - DAY + n * TEN, delay=DAY, rpm=1.0)
    plant.tell("gw-pump", NOW, rpm=1.0, mode="on")
    assert plant.judged()["gw-pump", "rpm"].completeness == 1.0


def test_a_device_that_comes_back_from_another_machine_is_counted_from_the_beginning(plant: Plant) -> None:
    plant.tell_day(NOW)
    plant.tell_day(NOW, "gw-fan")
    plant.judged()
    plant.registry.add([], [Attachment("gw-new", "pump", NOW - 9 * DAY)])
    plant.tell_day(NOW, "gw-new")
    assert plant.judged()["gw-new", "rpm"].completeness == 1.0


def test_judgements_of_a_month_ago_are_let_go_of(plant: Plant) -> None:
    plant.tell_day()
    plant.judged()
    later = NOW + KEPT + DAY
    assert plant.judged(later)["gw-pump", "rpm"].completeness == 0.0
    with plant.operations.reading() as tx:
        assert {q.time for q in tx.quality.history("gw-pump", NOW - DAY)} == {later}
