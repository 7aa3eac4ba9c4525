from datetime import timedelta

import pytest

from foreworn.settings import IngestionSettings, UnknownDevices
from foreworn.telemetry.quarantine import REASONS
from foreworn.telemetry.sample import Event, LogLine
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalValue
from foreworn.telemetry.wire import Kind, encode_event, encode_log, topic
from ingestion.formats.message import MOST_REFUSALS, Contents
from tests.unit.ingestion.plant import DEVICE, HOUR, NEW_YEAR, TELEMETRY, reception, registry

LARGEST = 2**63 - 1


def read(values: str, *, ts: object = 1767225600000) -> Contents:
    return reception().read(TELEMETRY, f'{{"ts": {ts}, "seq": 5, "values": {{{values}}}}}'.encode())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param('"vibration": 40.1', 40.1, id="a float"),
        pytest.param('"vibration": 40', 40.0, id="a whole number is a float where the signal is"),
        pytest.param('"vibration": 0', 0.0, id="the lower limit is possible"),
        pytest.param('"vibration": 100.0', 100.0, id="the upper limit is possible"),
        pytest.param('"starts": -3', -3, id="an integer"),
        pytest.param('"starts": 3.0', 3, id="a float that is whole is an integer where the signal is"),
        pytest.param(f'"starts": {LARGEST}', LARGEST, id="the largest integer, exactly"),
        pytest.param(f'"starts": {-LARGEST - 1}', -LARGEST - 1, id="the smallest integer, exactly"),
        pytest.param('"hours_run": 1204', 1204, id="a counter"),
        pytest.param('"mode": "run"', "run", id="a state"),
        pytest.param('"note": "anything"', "anything", id="a state without a list"),
    ],
)
def test_a_good_value_is_kept_in_the_type_of_its_signal(values: str, expected: SignalValue) -> None:
    contents = read(values)
    assert contents.rejections == ()
    (value,) = contents.samples[0].values.values()
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("values", "reason", "detail"),
    [
        pytest.param('"vibration": -0.1', "out_of_range", "possible is 0 to 100 mm/s", id="below the range"),
        pytest.param('"vibration": 100.1', "out_of_range", "'vibration' is 100.1 mm/s", id="above the range"),
        pytest.param('"hours_run": -1', "out_of_range", "possible is 0 to inf h", id="a negative counter"),
        pytest.param(f'"vibration": {10**400}', "out_of_range", "is inf mm/s", id="more than a double can hold"),
        pytest.param('"vibration": "40"', "wrong_type", "'40': a float signal", id="a text for a float"),
        pytest.param('"starts": 1.5', "wrong_type", "whole number", id="a fraction for an integer"),
        pytest.param(f'"starts": {LARGEST + 1}', "wrong_type", "2^63-1", id="past the largest integer"),
        pytest.param('"starts": "1"', "wrong_type", "integer signal", id="a text for an integer"),
        pytest.param('"mode": 1', "wrong_type", "must be a text", id="a number for a state"),
        pytest.param('"mode": "idle"', "unknown_state", "run, stop", id="a state not in the list"),
        pytest.param('"torque": 1', "unknown_signal", "'px' has no signal 'torque'", id="not in the catalogue"),
    ],
)
def test_a_bad_value_is_refused_alone_and_the_rest_of_the_sample_kept(values: str, reason: str, detail: str) -> None:
    good = '"note": "x"'
    contents = read(f"{good}, {values}")
    assert dict(contents.samples[0].values) == {"note": "x"}
    (rejection,) = contents.rejections
    assert rejection.reason == reason
    assert reason in REASONS
    assert detail in rejection.detail
    assert rejection.signal == values.split('"')[1]
    assert b'"note": "x"' in rejection.payload


def test_a_sample_of_which_nothing_is_left_is_dropped() -> None:
    contents = read('"vibration": 1e9')
    assert (contents.samples, [r.reason for r in contents.rejections]) == ((), ["out_of_range"])
    assert contents.seqs == (5,)


def test_the_clock_and_the_tolerance_say_what_is_the_future() -> None:
    settings = IngestionSettings(future_tolerance=timedelta(minutes=10))
    at_the_limit = f'{{"ts": "{(NEW_YEAR + timedelta(minutes=10)).isoformat()}", "values": {{"vibration": 1}}}}'
    past_it = f'{{"ts": "{(NEW_YEAR + timedelta(minutes=10, milliseconds=1)).isoformat()}", "values": {{"note": "a"}}}}'
    desk = reception(settings=settings, now=NEW_YEAR)
    assert len(desk.read(TELEMETRY, at_the_limit.encode()).samples) == 1
    refused = desk.read(TELEMETRY, past_it.encode())
    assert (refused.samples, [r.reason for r in refused.rejections]) == ((), ["future_time"])
    assert "ahead of the platform's clock, past the tolerance" in refused.rejections[0].detail
    assert "FOREWORN_INGESTION__FUTURE_TOLERANCE" in refused.rejections[0].detail


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param(Kind.EVENT, encode_event(Event(DEVICE, NEW_YEAR + HOUR, "E1")), id="event"),
        pytest.param(Kind.LOG, encode_log(LogLine(DEVICE, NEW_YEAR + HOUR, "info", "x")), id="log"),
        pytest.param(Kind.STATUS, b'{"ts": "2026-01-01T01:00:00Z", "state": "online"}', id="status"),
    ],
)
def test_no_kind_of_message_may_come_from_the_future(kind: Kind, body: bytes) -> None:
    name = topic("west", DEVICE, kind)
    assert [r.reason for r in reception(now=NEW_YEAR).read(name, body).rejections] == ["future_time"]
    assert reception(now=NEW_YEAR + HOUR).read(name, body).rejections == ()


def test_a_reading_from_before_its_device_was_attached_is_refused() -> None:
    contents = read('"vibration": 1', ts=1767225600000 - 1)
    assert [r.reason for r in contents.rejections] == ["unknown_device"]
    assert "attached to no machine at 2025-12-31T23:59:59.999000+00:00" in contents.rejections[0].detail


def test_a_message_of_an_unknown_device_is_quarantined_whole() -> None:
    body = (
        b'[{"ts": 1767225600000, "seq": 1, "values": {"vibration": 1}}, {"ts": 1767225600001, "seq": 2, "values": {}}]'
    )
    contents = reception().read(topic("west", "stranger", Kind.TELEMETRY), body)
    assert contents.samples == ()
    assert [(r.reason, r.device, r.payload) for r in contents.rejections] == [
        ("unreadable", "stranger", body),
        ("unknown_device", "stranger", body),
    ]
    assert "FOREWORN_INGESTION__UNKNOWN_DEVICES=register" in contents.rejections[1].detail
    assert contents.seqs == (1, 2)


def test_an_unknown_device_is_registered_where_the_setting_allows() -> None:
    fleet = registry(DEVICE)
    desk = reception(fleet, IngestionSettings(unknown_devices=UnknownDevices.REGISTER))
    name = topic("east", "stranger", Kind.TELEMETRY)
    contents = desk.read(name, b'{"ts": 1767225600000, "values": {"vibration": 400, "mode": "run"}}')
    assert dict(contents.samples[0].values) == {"vibration": 400.0}
    assert [(r.reason, r.signal) for r in contents.rejections] == [("unknown_signal", "mode")]
    (machine,) = [m for m in fleet.machines() if m.id == "stranger"]
    assert (machine.model, machine.site, machine.installed_at) == ("*", "east", NEW_YEAR)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"ts": 1767225600000, "seq": 4, "values": {"vibration": 1}}', id="telemetry"),
        pytest.param(b"junk", id="garbage"),
    ],
)
def test_what_an_unknown_device_sends_is_only_counted_where_the_setting_refuses_it(body: bytes) -> None:
    desk = reception(settings=IngestionSettings(unknown_devices=UnknownDevices.REFUSE))
    contents = desk.read(topic("west", "stranger", Kind.TELEMETRY), body)
    assert contents == Contents(device="stranger", refused=1)
    assert desk.join([contents, contents]).refused == 2


def test_a_known_device_is_not_refused_with_the_strangers() -> None:
    desk = reception(settings=IngestionSettings(unknown_devices=UnknownDevices.REFUSE))
    assert desk.join([desk.read(TELEMETRY, b"junk")]).refused == 0
    assert [r.reason for r in desk.read(TELEMETRY, b"junk").rejections] == ["unreadable"]


OIL = Signal("oil", "degC", low=-50.0, high=100.0, sent_unit="degF", most_per_second=0.5)


def oil(*values: tuple[int, float]) -> Contents:
    fleet = registry(DEVICE)
    fleet.add_signals(SignalCatalogue({"px": [OIL]}))
    said = [f'{{"ts": {1767225600000 + second * 1000}, "values": {{"oil": {value}}}}}' for second, value in values]
    return reception(fleet).read(TELEMETRY, f"[{','.join(said)}]".encode())


def test_a_value_is_converted_before_its_range_is_checked() -> None:
    assert [dict(s.values) for s in oil((0, 212)).samples] == [{"oil": 100.0}]
    (rejection,) = oil((0, 213)).rejections
    assert rejection.reason == "out_of_range"
    assert rejection.detail.startswith("signal 'oil' is 213 degF, 100.5555")
    assert rejection.detail.endswith("degC: possible is -50 to 100 degC")


def test_a_value_that_changed_too_fast_is_refused_in_the_catalogues_unit() -> None:
    contents = oil((0, 32), (20, 50), (21, 60), (60, 60))
    assert [round(float(s.values["oil"]), 3) for s in contents.samples] == [0.0, 10.0, 15.556]
    (rejection,) = contents.rejections
    assert (rejection.reason, rejection.signal) == ("too_fast", "oil")
    assert rejection.detail == "signal 'oil' went from 10 to 15.5556 degC in 1 s: possible is 0.5 degC per second"


def test_garbage_registers_nobody() -> None:
    fleet = registry(DEVICE)
    desk = reception(fleet, IngestionSettings(unknown_devices=UnknownDevices.REGISTER))
    assert [r.reason for r in desk.read(topic("west", "x", Kind.EVENT), b"junk").rejections] == ["unreadable"]
    assert [a.device for a in fleet.attachments()] == [DEVICE]


def test_one_message_full_of_mistakes_makes_few_rejections() -> None:
    body = b"[" + b",".join(b'{"ts": 1767225600000, "values": {"vibration": -1}}' for _ in range(500)) + b"]"
    (rejection,) = reception().read(TELEMETRY, body).rejections
    assert rejection.detail.endswith("(and 499 more in this message)")


def test_after_many_refusals_the_rest_of_the_entries_is_left_to_a_replay_and_not_heard() -> None:
    rows = [b'{"ts": 9767225600000, "seq": %d, "values": {"starts": 1}}' % seq for seq in range(MOST_REFUSALS + 2)]
    contents = reception().read(TELEMETRY, b"[" + b",".join(rows) + b"]")
    assert contents.seqs == tuple(range(MOST_REFUSALS))
    late, rest = contents.rejections
    assert (late.reason, rest.reason, rest.signal) == ("future_time", "oversize", None)
    assert "the last 2 of the entries" in rest.detail


def test_of_a_reading_with_many_unknown_signals_the_first_are_looked_at() -> None:
    contents = read(",".join(['"starts": 1', *(f'"s{i}": 1' for i in range(MOST_REFUSALS + 3))]))
    assert [dict(sample.values) for sample in contents.samples] == [{"starts": 1}]
    assert contents.seqs == (5,)
    assert "the last 3 signals of an entry" in contents.rejections[-1].detail
