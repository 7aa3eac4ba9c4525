"""The contract of every device progress log: what came of each device, what was skipped, repeated, late and refused."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from foreworn.storage.operations import sql
from foreworn.storage.operations.memory import MemoryDeviceProgressLog
from foreworn.storage.operations.sql.tables import DEVICE_PROGRESS, PROGRESS_JOURNAL
from foreworn.telemetry.intake import DeviceProgress, DeviceProgressLog, IntakeBatch
from foreworn.telemetry.quality import HourTally
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, TelemetryBatch
from foreworn.telemetry.sample_columns import SampleColumns
from tests import operations_store
from tests.servers import PostgresServer

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
PARTS_OF_QUALITY = ("late", "out_of_order", "last_spoke_at", "state_since", "last_rejection", "hours")


@pytest.fixture(scope="module", params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine | None]:
    if request.param == "memory":
        yield None
        return
    if request.param == "sqlite":
        engine = sql.open_operations("sqlite:///operations.sqlite", folder=tmp_path_factory.mktemp("progress"))
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        engine = sql.open_operations(server.new_database())
    yield engine
    engine.dispose()


@pytest.fixture
def log(opened: sa.Engine | None) -> DeviceProgressLog:
    if opened is None:
        return MemoryDeviceProgressLog()
    operations_store.empty(opened)
    return sql.SqlDeviceProgressLog(opened)


def sample(device: str, time: datetime, seq: int | None = None, **values: float) -> Sample:
    return Sample(device, time, values or {"rpm": 1.0}, seq)


def by_column(samples: Sequence[Sample]) -> SampleColumns:
    """The same samples as the fast path carries them, in two chunks."""
    names = sorted({name for one in samples for name in one.values})
    columns: dict[str, Any] = {
        "time": pa.array([one.time for one in samples], pa.timestamp("ms", tz="UTC")),
        "device": pa.array([one.device for one in samples], pa.string()),
        **{name: pa.array([one.values.get(name) for one in samples], pa.float64()) for name in names},
    }
    whole, half = pa.table(columns), len(samples) // 2
    seqs = pa.array([one.seq for one in samples], pa.int64())
    table = pa.concat_tables([whole.slice(0, half), whole.slice(half)])
    return SampleColumns(table, pa.chunked_array([seqs.slice(0, half), seqs.slice(half)]))


def told(samples: Sequence[Sample] = (), received_at: datetime | None = None, **other: Any) -> IntakeBatch:
    return IntakeBatch(TelemetryBatch(samples=samples), received_at=received_at, **other)


def refusal(device: str | None, payload: bytes = b"{", **other: Any) -> Rejection:
    whole: dict[str, Any] = {
        "received_at": T0,
        "topic": "foreworn/v1/west/d1/telemetry",
        "reason": "unreadable",
        "detail": "byte 1",
    }
    return Rejection(payload=payload, device=device, **(whole | other))


def the_one(log: DeviceProgressLog) -> DeviceProgress:
    (progress,) = log.all()
    return progress


def plain(progress: DeviceProgress) -> DeviceProgress:
    """The progress without what is known of its quality."""
    bare = DeviceProgress(progress.device)
    return replace(progress, **{name: getattr(bare, name) for name in PARTS_OF_QUALITY})


def test_a_device_is_followed_through_everything_it_sends(log: DeviceProgressLog) -> None:
    telemetry = TelemetryBatch(
        samples=(sample("d1", T0, 1), sample("d1", T0 + HOUR, 3), sample("d2", T0)),
        events=(Event("d1", T0 + 2 * HOUR, "E1", seq=2),),
        logs=(LogLine("d3", T0, "info", "up", seq=7),),
    )
    rejections = (refusal("d4"), refusal("d1", b"2"), refusal(None))
    log.observe(IntakeBatch(telemetry, rejections=rejections, received_at=T0 + 9 * HOUR))
    heard: dict[str, Any] = {"last_received_at": T0 + 9 * HOUR}
    assert [plain(progress) for progress in log.all()] == [
        DeviceProgress("d1", T0 + 2 * HOUR, last_seq=3, samples=2, events=1, rejected=1, **heard),
        DeviceProgress("d2", T0, samples=1, **heard),
        DeviceProgress("d3", T0, last_seq=7, logs=1, **heard),
        DeviceProgress("d4", rejected=1, **heard),
    ]


def test_late_data_moves_no_watermark_back(log: DeviceProgressLog) -> None:
    log.observe(told([sample("d1", T0 + HOUR, 8)], received_at=T0 + 2 * HOUR))
    log.observe(told([sample("d1", T0, 5)], received_at=T0 + HOUR))
    progress = the_one(log)
    assert (progress.watermark, progress.last_received_at) == (T0 + HOUR, T0 + 2 * HOUR)
    assert (progress.last_seq, progress.samples) == (8, 2)


def test_a_last_will_says_only_that_the_device_is_gone(log: DeviceProgressLog) -> None:
    online = Status("d1", "online", T0, firmware="2.1\x00", wants_ack=True)
    log.observe(told(statuses=(online,), received_at=T0))
    log.observe(told(statuses=(Status("d1", "offline"),), received_at=T0 + HOUR))
    log.observe(told(statuses=(Status("d1", "offline"),), received_at=T0 + 2 * HOUR))
    progress = the_one(log)
    assert (progress.state, progress.firmware, progress.wants_ack) == ("offline", "2.1\x00", True)
    assert (progress.state_since, progress.last_spoke_at) == (T0 + HOUR, None)


def test_of_two_statuses_in_one_batch_the_later_received_stands(log: DeviceProgressLog) -> None:
    statuses = (
        Status("d1", "online", T0, firmware="1", wants_ack=True),
        Status("d1", "offline"),
        Status("d1", "online", T0 + HOUR, wants_ack=False),
    )
    log.observe(told(statuses=statuses))
    assert log.all() == [DeviceProgress("d1", state="online", firmware="1", wants_ack=False)]


def test_an_id_that_is_no_id_is_no_device(log: DeviceProgressLog) -> None:
    log.observe(told(rejections=(refusal("d/1", reason="bad_identity"),)))
    log.observe(IntakeBatch())
    assert log.all() == []


@pytest.mark.parametrize("form", [tuple, by_column], ids=["one by one", "by column"])
@pytest.mark.parametrize(
    ("turns", "gaps", "missing", "duplicates"),
    [
        pytest.param([[1, 2, 3], [4]], 0, 0, 0, id="nothing skipped"),
        pytest.param([[5, 6]], 0, 0, 0, id="what was before the first is not known"),
        pytest.param([[1, 2], [5], [9]], 2, 5, 0, id="two breaks"),
        pytest.param([[1, 2, 5]], 1, 2, 0, id="a break within a turn"),
        pytest.param([[1, 2, 5], [4]], 1, 1, 0, id="a late one fills its place"),
        pytest.param([[1, 2, 5], [4], [3], [6]], 1, 0, 0, id="filled up again it was a break all the same"),
        pytest.param([[3, 1, 2], [4]], 0, 0, 0, id="disorder within a turn breaks nothing"),
        pytest.param([[1, 2, 3], [2, 3], [3]], 0, 0, 3, id="repeats"),
        pytest.param([[1, 1, 1, 2]], 0, 0, 2, id="repeats within a turn"),
        pytest.param([[1, 5], [3, 5, 5]], 1, 2, 2, id="a repeat and a late one in one turn"),
    ],
)
def test_numbers_tell_what_is_missing_and_what_came_again(
    log: DeviceProgressLog,
    form: Callable[[Sequence[Sample]], Sequence[Sample]],
    turns: list[list[int]],
    gaps: int,
    missing: int,
    duplicates: int,
) -> None:
    for turn in turns:
        mixed = [one for n in turn for one in (sample("d1", T0 + n * SECOND, n), sample("d2", T0 + n * SECOND, 7))]
        log.observe(told(form(mixed), received_at=T0 + MINUTE))
    progress = log.all()[0]
    assert (progress.gaps, progress.missing, progress.duplicates) == (gaps, missing, duplicates)


def test_events_and_log_lines_share_the_numbers_of_samples(log: DeviceProgressLog) -> None:
    telemetry = TelemetryBatch(
        samples=by_column([sample("d1", T0, 1), sample("d1", T0, 3)]),
        events=(Event("d1", T0, "E1", seq=2),),
        logs=(LogLine("d1", T0, "info", "up", seq=5),),
    )
    log.observe(IntakeBatch(telemetry, received_at=T0))
    assert (the_one(log).gaps, the_one(log).missing) == (1, 1)


def test_a_refused_message_is_not_missing(log: DeviceProgressLog) -> None:
    refused = refusal("d1", b'[{"ts": 1, "seq": 2}, {"ts": 2, "seq": 3, "values": {"rpm": -1}}]', reason="bad_time")
    log.observe(told([sample("d1", T0, 1), sample("d1", T0, 3)], rejections=(refused, refused)))
    assert (the_one(log).gaps, the_one(log).missing, the_one(log).duplicates) == (0, 0, 0)


def test_a_device_that_counts_anew_repeats_nothing(log: DeviceProgressLog) -> None:
    log.observe(told([sample("d1", T0 + n * SECOND, n) for n in (90, 91, 95)], received_at=T0))
    log.observe(told([sample("d1", T0 + (100 + n) * SECOND, n) for n in (0, 1)], received_at=T0 + HOUR))
    log.observe(told([sample("d1", T0 + (100 + n) * SECOND, n) for n in (1, 2, 4)], received_at=T0 + HOUR))
    progress = the_one(log)
    assert (progress.gaps, progress.missing, progress.duplicates, progress.last_seq) == (2, 4, 1, 4)


@pytest.mark.parametrize(
    ("turns", "gaps", "missing"),
    [
        pytest.param([[1, 2, 3, 4, 5, 6], [1], [7, 8]], 0, 0, id="it hears how far it had come, and goes on there"),
        pytest.param([[1, 2, 3, 4, 5, 6], [1], [5], [6], [7]], 0, 0, id="it hears it late"),
        pytest.param([[1, 2, 3, 6], [1], [7]], 1, 2, id="what was missing stays missing, once"),
        pytest.param([[1, 2, 3], [1], [6]], 1, 2, id="what is new and skipped is missing"),
        pytest.param([[1, 2, 3], [1], [4], [1], [5]], 0, 0, id="again and again"),
    ],
)
def test_a_device_that_forgot_its_number_and_finds_its_place_again_misses_nothing_that_came(
    log: DeviceProgressLog, turns: list[list[int]], gaps: int, missing: int
) -> None:
    for hour, turn in enumerate(turns):
        log.observe(told([sample("d1", T0 + hour * HOUR + n * SECOND, n) for n in turn], received_at=T0 + hour * HOUR))
    assert (the_one(log).gaps, the_one(log).missing, the_one(log).duplicates) == (gaps, missing, 0)


@pytest.mark.parametrize("form", [tuple, by_column], ids=["one by one", "by column"])
def test_samples_without_numbers_are_known_by_time_and_signals(
    log: DeviceProgressLog, form: Callable[[Sequence[Sample]], Sequence[Sample]]
) -> None:
    turn = [sample("d1", T0, a=1.0), sample("d1", T0, b=1.0), sample("d1", T0 + SECOND, a=1.0)]
    log.observe(told(form(turn), received_at=T0))
    assert the_one(log).duplicates == 0
    log.observe(told(form([sample("d1", T0, b=2.0), sample("d1", T0, a=1.0, b=1.0)]), received_at=T0))
    assert the_one(log).duplicates == 1
    # In the other form it is the same sample.
    log.observe(told((sample("d1", T0 + SECOND, a=3.0),), received_at=T0))
    assert the_one(log).duplicates == 2


def test_what_comes_late_or_out_of_order_is_counted(log: DeviceProgressLog) -> None:
    now = T0 + 10 * MINUTE
    punctual = [sample("d1", now - 4 * MINUTE, 1), sample("d1", now, 2)]
    log.observe(told(punctual, received_at=now))
    assert (the_one(log).late, the_one(log).out_of_order) == (0, 0)
    backlog = [sample("d1", now - 9 * MINUTE, 3), sample("d1", now - 8 * MINUTE, 4), sample("d1", now + SECOND, 5)]
    log.observe(told(by_column([*backlog, sample("d1", now, 6)]), received_at=now + SECOND))
    assert (the_one(log).late, the_one(log).out_of_order) == (2, 3)


def test_a_clock_that_is_behind_is_told_by_what_comes_fastest_and_makes_nothing_late(log: DeviceProgressLog) -> None:
    behind = 12 * MINUTE
    log.observe(told([sample("d1", T0 - behind - SECOND)], received_at=T0))
    for minute in range(1, 60):
        now, delay = T0 + minute * MINUTE, SECOND * (minute % 7)
        log.observe(told([sample("d1", now - behind - delay)], received_at=now))
    progress = the_one(log)
    # The first message is held to be late, as nobody knew.
    assert (progress.skew, progress.late) == (behind, 1)
    log.observe(told([sample("d1", T0 - behind)], received_at=T0 + HOUR))
    assert (the_one(log).skew, the_one(log).late) == (behind, 2)


def test_a_clock_that_is_ahead_is_told_and_one_that_was_set_right_is_believed_again(log: DeviceProgressLog) -> None:
    log.observe(told([sample("d1", T0 + 3 * MINUTE)], received_at=T0))
    assert the_one(log).skew == -3 * MINUTE
    for hours in (1, 2):
        now = T0 + hours * HOUR
        log.observe(told([sample("d1", now - SECOND)], received_at=now))
    assert the_one(log).skew == SECOND


def test_a_device_is_known_by_the_gap_it_usually_leaves(log: DeviceProgressLog) -> None:
    times = [T0 + n * 10 * MINUTE for n in range(6)]
    for time in times[:3]:
        log.observe(told([sample("d1", time), sample("d1", time - MINUTE)], received_at=time))
    assert the_one(log).usual_gap is None
    for time in [*times[3:], times[5] + 5 * HOUR]:
        log.observe(told([sample("d1", time)], received_at=time))
        log.observe(told(statuses=(Status("d1", "online", time),), received_at=time + MINUTE))
    assert (the_one(log).usual_gap, the_one(log).last_spoke_at) == (10 * MINUTE, times[5] + 5 * HOUR)


def test_every_hour_has_its_tally_and_a_rate_follows(log: DeviceProgressLog) -> None:
    log.observe(told([sample("d1", T0, 1), sample("d1", T0, 1)], received_at=T0 + 20 * MINUTE))
    refused = [refusal("d1", b"%d" % n, signal=s, received_at=T0 + HOUR) for n, s in enumerate(("a", "a", "b", None))]
    later = T0 + HOUR + MINUTE
    log.observe(told([sample("d1", later, 2)], rejections=tuple(refused), received_at=later))
    log.observe(told([sample("d1", later, 3)], received_at=later))
    progress = the_one(log)
    first = (T0 - datetime(1970, 1, 1, tzinfo=UTC)) // HOUR
    assert progress.hours == (
        HourTally(first, entries=2, late=2, repeated=1, offset_ms=1_200_000),
        HourTally(first + 1, entries=2, rejected=4, offset_ms=0, refused={"a": 2, "b": 1}),
    )
    assert progress.hourly_rate(T0 + 2 * HOUR) == 4 / 3
    assert progress.hourly_rate(T0 + 30 * HOUR) == 0


def test_the_last_refusal_is_remembered_with_how_it_begins(log: DeviceProgressLog) -> None:
    log.observe(told(rejections=(refusal("d1", b"\xff\x00" * 200, received_at=T0 + HOUR, detail="\ud800 half"),)))
    log.observe(told(rejections=(refusal("d1", b"older"),)))
    last = the_one(log).last_rejection
    assert last is not None
    assert (last.time, last.reason, last.detail, last.beginning) == (
        T0 + HOUR,
        "unreadable",
        "? half",
        b"\xff\x00" * 128,
    )


def test_a_device_that_makes_up_signals_is_remembered_in_bounds(log: DeviceProgressLog) -> None:
    made_up = tuple(refusal("d1", b"%d" % n, signal=f"s{n}") for n in range(200))
    log.observe(told(rejections=made_up, received_at=T0))
    (tally,) = the_one(log).hours
    assert tally.refused is not None
    assert (len(tally.refused), sum(tally.refused.values())) == (65, 200)


def test_a_month_of_hours_is_remembered_in_bounds(log: DeviceProgressLog) -> None:
    for day in range(30):
        log.observe(told([sample("d1", T0 + day * 24 * HOUR, day)], received_at=T0 + day * 24 * HOUR))
    assert (len(the_one(log).hours), the_one(log).samples) == (26, 30)


def test_nothing_is_lost_when_many_threads_observe(log: DeviceProgressLog) -> None:
    def observe(thread: int) -> None:
        for turn in range(10):
            samples = [sample(f"d{i}", T0 + turn * SECOND, 4 * turn + thread) for i in range(3)]
            log.observe(told(by_column(samples), received_at=T0 + MINUTE))

    threads = [threading.Thread(target=observe, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(p.samples, p.last_seq, p.missing) for p in log.all()] == [(40, 39, 0)] * 3


LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    "numbers",
    [
        [0, LARGEST, 0, LARGEST],
        [1, LARGEST, 2, LARGEST],
        [LARGEST, 0, LARGEST],
        [0, LARGEST - 1, 0, LARGEST, 0, LARGEST, 0, LARGEST],
    ],
    ids=str,
)
def test_a_device_that_says_the_largest_numbers_again_and_again_is_counted_on(
    log: DeviceProgressLog, numbers: list[int]
) -> None:
    for n, seq in enumerate(numbers):
        log.observe(told([sample("d1", T0 + n * MINUTE, seq)], received_at=T0 + n * MINUTE))
        log.all()  # counts
    log.observe(told([sample("d2", T0, 1)], received_at=T0 + HOUR))
    progress, other = log.all()
    assert (progress.samples, other.samples) == (len(numbers), 1)
    assert LARGEST - 5 <= progress.missing <= LARGEST


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", id="deep"),
        pytest.param(b"[" * 50_000, id="deep and cut off"),
        pytest.param(b'{"\xff":1}', id="no text"),
        pytest.param(b'{"seq":' + b"1" * 5000 + b"}", id="a number of 5000 digits"),
        pytest.param(b'{"seq":1e400}', id="an endless number"),
    ],
)
def test_a_refused_message_that_nobody_can_read_is_counted_all_the_same(log: DeviceProgressLog, payload: bytes) -> None:
    log.observe(told(rejections=(refusal("d1", payload),), received_at=T0))
    progress = the_one(log)
    assert (progress.rejected, progress.last_seq) == (1, None)


def test_a_turn_that_cannot_be_counted_is_left_out_and_the_others_are_counted(
    engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    log = sql.SqlDeviceProgressLog(engine)
    for n in (1, 2):
        log.observe(told([sample("d1", T0 + n * SECOND, n)], received_at=T0))
    with engine.begin() as connection:
        connection.execute(sa.insert(PROGRESS_JOURNAL), {"turn": b"\xc1 no turn"})
    log.observe(told([sample("d1", T0 + 3 * SECOND, 3)], received_at=T0))
    assert (the_one(log).samples, the_one(log).missing) == (3, 0)
    assert [r.levelname for r in caplog.records if "cannot be counted" in r.getMessage()] == ["ERROR"]


def test_a_log_that_is_opened_anew_goes_on_where_the_last_one_ended(engine: sa.Engine) -> None:
    first, second = sql.SqlDeviceProgressLog(engine), sql.SqlDeviceProgressLog(engine)
    for n in (1, 2, 5):
        first.observe(told([sample("d1", T0 + n * SECOND, n)], received_at=T0))
    # The last of these turns waits in the journal.
    second.observe(told([sample("d1", T0 + 4 * SECOND, 4)], received_at=T0))
    assert [(p.samples, p.gaps, p.missing) for p in second.all()] == [(4, 1, 1)]
    with engine.connect() as connection:
        columns = DEVICE_PROGRESS.c
        row = connection.execute(sa.select(columns.samples, columns.missing, columns.last_seq, columns.watermark)).one()
    assert tuple(row) == (4, 1, 5, T0 + 5 * SECOND)


def test_a_row_of_an_older_version_is_gone_on_from(engine: sa.Engine) -> None:
    row = {"device": "d1", "watermark": T0, "last_received_at": T0, "last_seq": 41, "state": "online", "samples": 42}
    with engine.begin() as connection:
        nothing = {"firmware": "", "wants_ack": False, "events": 0, "logs": 0, "rejected": 0}
        connection.execute(sa.insert(DEVICE_PROGRESS).values(**row, **nothing))
    log = sql.SqlDeviceProgressLog(engine)
    log.observe(told([sample("d1", T0 + SECOND, 42), sample("d1", T0, 41)], received_at=T0 + SECOND))
    progress = the_one(log)
    assert (progress.samples, progress.state, progress.last_seq) == (44, "online", 42)
    assert (progress.gaps, progress.missing) == (0, 0)


def test_what_was_stored_from_files_moves_the_watermark_and_is_not_heard(log: DeviceProgressLog) -> None:
    log.observe(told([sample("d1", T0 + HOUR, 7)], received_at=T0 + HOUR))
    log.stored({"d1": T0, "d2": T0 + MINUTE})
    log.stored({"d1": T0 + 2 * HOUR, "d2": T0})
    heard, filed = log.all()
    assert (heard.watermark, heard.samples, heard.last_seq) == (T0 + 2 * HOUR, 1, 7)
    assert filed == DeviceProgress("d2", watermark=T0 + MINUTE)
