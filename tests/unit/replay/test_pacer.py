from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from foreworn.bootstrap import Platform
from foreworn.errors import BrokerUnavailable, ForewornError, SpoolFailed, StoreUnavailable
from foreworn.replay import pacer as pacing
from foreworn.replay.pacer import Pacer
from foreworn.replay.stopwatch import Stopwatch
from foreworn.telemetry.sample import MILLISECOND
from simulators.publisher import DevicePublisher
from simulators.replay import Message, Step
from tests.unit.models.small_fleet import START, at

MOMENT = timedelta(milliseconds=20)


class Line:
    """Devices, broker and platform in one; what `lost` says is lost on its first way."""

    def __init__(self, lost: Callable[[int], bool] = lambda seq: False) -> None:
        self._lost = lost
        self.said: list[int] = []
        self.acknowledged_through: dict[str, int] = {}
        self.took = 0
        self.failed: Exception | None = None
        self.store_answers_after = 0
        self.scored = 0
        self.drained = True
        self.watched = self.worked = 0

    @property
    def sent(self) -> int:
        return len(self.said)

    @property
    def messages(self) -> int:
        return self.took

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        seq = int(payload)
        if seq in self.said or not self._lost(seq):
            self.took += 1
            through = self.acknowledged_through.get(topic, 0)
            self.acknowledged_through[topic] = seq if seq == through + 1 else through
        self.said.append(seq)

    def flush(self, timeout: timedelta) -> None:
        pass

    def wait_acknowledged(self, through: dict[str, int], timeout: timedelta) -> None:
        if any(self.acknowledged_through.get(device, 0) < seq for device, seq in through.items()):
            raise TimeoutError("not acknowledged")

    def drain(self, timeout: timedelta) -> None:
        if not self.drained:
            raise TimeoutError("1 batches still wait")

    def score_due(self) -> int:
        self.scored += 1
        if self.scored <= self.store_answers_after:
            raise StoreUnavailable("influx", "away", retry_after=MILLISECOND)
        return 1

    def watch_due(self) -> int:
        self.watched += 1
        return 0

    def work_due(self) -> int:
        self.worked += 1
        return 0

    def pacer(
        self,
        on_step: Callable[[datetime], None] | None = None,
        on_stored: Callable[[datetime], None] = lambda time: None,
    ) -> Pacer:
        platform = SimpleNamespace(
            broker=SimpleNamespace(host="here", port=1),
            collector=SimpleNamespace(counts=self),
            forwarder=self,
            scoring=self,
            watching=self,
            working_day=self,
            failed=self.failed,
        )
        return Pacer(
            cast(Platform, platform), cast(DevicePublisher, self), Stopwatch(), on_stored=on_stored, on_step=on_step
        )


def numbered(line: Line, *seqs: int) -> Step:
    spoken = [Message(START, "pump", str(seq).encode(), "pump", (), seq) for seq in seqs]
    for message in spoken:
        line.publish(message.topic, message.payload)
    return Step(START, spoken, {"pump": seqs[-1]})


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "PATIENCE", MOMENT)
    monkeypatch.setattr(pacing, "KEPT", MOMENT)


def test_what_is_acknowledged_is_not_said_again() -> None:
    line = Line()
    line.pacer().wait(numbered(line, 1, 2, 3))
    assert line.said == [1, 2, 3]


def test_what_a_broker_lost_is_said_again_in_order_from_the_first_that_is_missing() -> None:
    line = Line(lost=lambda seq: seq in (3, 4))
    line.pacer().wait(numbered(line, 1, 2, 3, 4, 5))
    assert line.said == [1, 2, 3, 4, 5, 3, 4, 5]
    assert line.acknowledged_through == {"pump": 5}


def test_messages_without_numbers_are_waited_for_by_their_count() -> None:
    line = Line(lost=lambda seq: True)
    line.publish("pump", b"1")
    with pytest.raises(BrokerUnavailable, match=r"here:1 .*published messages do not arrive"):
        line.pacer().wait(Step(START, [Message(START, "pump", b"1", "", (), None)], {}))


def test_a_platform_that_gave_up_ends_the_replay_with_its_reason() -> None:
    line = Line(lost=lambda seq: True)
    line.failed = SpoolFailed("disk full")
    line.publish("pump", b"1")
    with pytest.raises(SpoolFailed, match="disk full"):
        line.pacer().wait(Step(START, [Message(START, "pump", b"1", "", (), None)], {}))


def test_scoring_waits_for_a_store_that_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "PATIENCE", timedelta(minutes=1))
    line = Line()
    line.store_answers_after = 3
    line.pacer().score()
    assert line.scored == 4


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        pytest.param({"store_answers_after": 10**9}, StoreUnavailable, id="a store that cannot be read"),
        pytest.param({"drained": False}, StoreUnavailable, id="a store that takes nothing"),
    ],
)
def test_a_store_that_stays_away_ends_the_replay(trouble: dict[str, object], error: type[ForewornError]) -> None:
    line = Line()
    for name, value in trouble.items():
        setattr(line, name, value)
    with pytest.raises(error):
        line.pacer().wait(numbered(line, 1))


def test_what_people_do_comes_after_the_readings_are_stored_and_before_anything_is_scored() -> None:
    line, told = Line(), list[tuple[str, datetime, int]]()
    pacer = line.pacer(
        on_stored=lambda time: told.append(("stored", time, line.scored)),
        on_step=lambda time: told.append(("step", time, line.scored)),
    )
    pacer.wait(Step(at(1), [], {}))
    assert told == [("stored", at(1), 0), ("step", at(1), 1)]
    assert (line.watched, line.worked) == (1, 1)


def test_a_stopwatch_adds_up_each_stage() -> None:
    watch = Stopwatch()
    for stage in ("score", "publish", "score"):
        with watch.stage(stage):
            pass
    assert list(watch.seconds) == ["score", "publish"]
    with pytest.raises(KeyError), watch.stage("fails"):
        raise KeyError
    assert watch.seconds["fails"] >= 0
