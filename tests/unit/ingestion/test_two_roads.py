"""One meaning, two roads: `Reception.take` says what reading message by message says, for whatever may come."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.fleet.machine import Attachment, Machine
from foreworn.settings import IngestionSettings, UnknownDevices
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.telemetry.sample import EPOCH, to_epoch_ms
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from ingestion.reception.reception import Reception
from tests.unit.ingestion.plant import HOUR, NEW_YEAR, reception
from tests.unit.ingestion.two_roads import REDELIVERED, RETAINED, MessageByMessage, Sent, frames_of, told

MOVED = NEW_YEAR + 10 * HOUR + timedelta(microseconds=300)
NOW = NEW_YEAR + 20 * HOUR + timedelta(microseconds=700)
LARGEST_PAYLOAD = 1024
START = to_epoch_ms(NEW_YEAR)
LATEST = to_epoch_ms(NOW + IngestionSettings().future_tolerance)

PX = [
    Signal("vibration", "mm/s", low=0.0, high=100.0),
    Signal("starts", type=SignalType.INTEGER),
    Signal("hours_run", "h", type=SignalType.COUNTER, low=0.0, high=2.0**62),
    Signal("mode", type=SignalType.STATE, states=("run", "stop")),
    Signal("note", type=SignalType.STATE),
    Signal("oil", "degC", low=-50.0, high=100.0, sent_unit="degF"),
    Signal("Öl % 1"),
]
PY = [
    Signal("vibration", "mm/s", low=0.0, high=50.0),
    Signal("flow", "l/min", most_per_second=1.0),
    Signal("cycles", type=SignalType.COUNTER, most_per_second=2.0),
]
WIDE = [Signal(f"s{i}", high=9.0) for i in range(60)]
CATALOGUE = SignalCatalogue({"px": PX, "py": PY, "wide": WIDE, "*": [Signal("vibration", "mm/s")]})
DEVICES = {"pump-7": "px", "pump-8": "px", "fan-1": "py", "fan-2": "py", "wide-1": "wide", "any-1": "unheard of"}


def fleet() -> MemoryFleetRegistry:
    found = MemoryFleetRegistry()
    found.add_signals(CATALOGUE)
    machines = [Machine(device, model, "west", EPOCH) for device, model in DEVICES.items()]
    found.add(machines, [Attachment(device, device, EPOCH) for device in DEVICES])
    found.add([], [Attachment("moved", "fan-1", NEW_YEAR, MOVED), Attachment("moved", "pump-7", MOVED)])
    found.add([], [Attachment("shelved", "pump-7", NEW_YEAR, MOVED)])
    return found


def desk(unknown: UnknownDevices = UnknownDevices.QUARANTINE) -> Reception:
    return reception(fleet(), IngestionSettings(unknown_devices=unknown, largest_payload=LARGEST_PAYLOAD), NOW)


def check(turns: Sequence[Sequence[Sent]], unknown: UnknownDevices = UnknownDevices.QUARANTINE) -> None:
    fast, slow = desk(unknown), MessageByMessage(desk(unknown))
    for messages in turns:
        assert told(fast.take(frames_of(messages))) == told(slow.take(messages))


Some = TypeVar("Some")


def mostly(usual: st.SearchStrategy[Some], odd: st.SearchStrategy[Some]) -> st.SearchStrategy[Some]:
    """Draw the odd one time in six: most of what comes must be good, or nothing is ever read by column."""
    return st.integers(0, 5).flatmap(lambda n: odd if n == 3 else usual)


TIMES = mostly(
    st.integers(START, START + 60_000).map(str),
    st.sampled_from([
        "0", "-0", "-1", "1767225600", "31535999999", "31536000000", str(to_epoch_ms(MOVED)),
        str(to_epoch_ms(MOVED) + 1), str(LATEST), str(LATEST + 1), "253402300799999", "253402300800000",
        "1767225600000.0", "1767225600000.5",
        "1.7672256e12", "true", "null", '"2026-01-01T00:00:01Z"', '"2026-01-01"', "99999999999999999999", "[]",
    ]),
)  # fmt: skip
SEQS = mostly(
    st.integers(0, 50).map(str),
    st.sampled_from([
        "0", "-0", "-1", "7.0", "7.5", "9223372036854775807", "9223372036854775808", "true", "null", '"1"',
    ]),
)  # fmt: skip
VALUES = mostly(
    st.one_of(st.floats(0, 60).map(repr), st.integers(0, 60).map(str), st.just('"run"')),
    st.sampled_from([
        "-0", "-0.0", "41.0", "1e1", "-1", "100.0", "100.00000000000001", "212", "212.0000001", "-58",
        "9007199254740992.0", "9007199254740993", "4611686018427387904", "4611686018427387905", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1" * 40,
        "1" * 400, "1e308", "1.7e308", "-1.7e308",
        "1e999", "1e-999", "NaN", "-Infinity", "true", "null", '"run"', '"r\\u0075n"', '"idle"',
        '""', '"a\\u0000b"', '"\\ud800"', "[]", "{}", "01", "1.",
    ]),
)  # fmt: skip
NAMES = st.sampled_from([
    "vibration", "vibration", "starts", "hours_run", "mode", "note", "oil", "flow", "cycles", "Öl % 1", "s1", "s59",
    "vibr\\u0061tion", "unheard of", "", "time", "device", "f0",
])  # fmt: skip
SITES = st.sampled_from(["west", "west", "east"])
SPACE = st.sampled_from(["", "", "", " ", "\n", "\t", " " * LARGEST_PAYLOAD])


TWICE = st.sampled_from(['"colour":1', '"ts":5', '"seq":3', '"values":{"vibration":2}', '"values":1'])


@st.composite
def elements(draw: st.DrawFn) -> str:
    values = ",".join(f'"{name}":{draw(VALUES)}' for name in draw(st.lists(NAMES, max_size=3)))
    members = [f'"ts":{draw(TIMES)}', f'"seq":{draw(SEQS)}', f'"values":{{{values}}}']
    odd = draw(st.integers(0, 19))
    if odd == 0:
        members.append(draw(TWICE))
    elif odd < 4:
        members.pop(odd - 1)
    return "{" + draw(SPACE).join([",".join(draw(st.permutations(members)))]) + "}"


GOOD = st.builds(
    lambda second, value, seq: f'{{"ts":{START + 1000 * second},"seq":{seq},"values":{{"vibration":{value}}}}}',
    st.integers(0, 30), st.floats(0, 40).map(repr), st.integers(0, 50),
)  # fmt: skip
FLOWING = st.builds(
    lambda second, name, value, seq: f'{{"ts":{START + 1000 * second},"seq":{seq},"values":{{"{name}":{value}}}}}',
    st.integers(0, 30), st.sampled_from(["flow", "cycles"]), st.integers(0, 8), st.integers(0, 50),
)  # fmt: skip
ELEMENT = mostly(GOOD, st.one_of(FLOWING, elements()))
BATCH = st.lists(ELEMENT, max_size=4).map(lambda found: "[" + ",".join(found) + "]")
DOCUMENTS = mostly(
    st.one_of(ELEMENT, BATCH),
    st.sampled_from(["", " ", "[]", "[[]]", "{}", "1", '"x"', "null", "[1]", "{", "[" * 200, '{"ts":0}x', " " * 1100]),
)
SPACED = st.builds(lambda before, text, after: before + text + after, SPACE, DOCUMENTS, SPACE)
BODIES = mostly(
    SPACED.map(str.encode),
    st.builds(lambda text, byte: text.encode() + byte, DOCUMENTS, st.binary(min_size=1, max_size=2)),
)
HEADERS = st.sampled_from([0x32, 0x32, 0x32, 0x32 | REDELIVERED, 0x32 | RETAINED])
TELEMETRY = st.builds(
    lambda site, device, body, header: Sent(f"foreworn/v1/{site}/{device}/telemetry".encode(), body, header),
    SITES, st.sampled_from([*DEVICES, "moved", "shelved", "stranger"]), BODIES, HEADERS,
)  # fmt: skip
OTHERS = st.builds(
    Sent,
    st.sampled_from([
        b"foreworn/v1/west/fan-1/event", b"foreworn/v1/west/fan-1/status", b"foreworn/v1/east/fan-1/status",
        b"foreworn/v1/west/pump-7/log", b"foreworn/v1/west/stranger/status", b"foreworn/v1/west/pump-7/ack",
        b"spBv1.0/x/NDATA/y", b"foreworn/v1/west//telemetry", b"foreworn/v1/west/a$/telemetry",
        b"foreworn/v1/west/\xff/telemetry",
    ]),
    st.sampled_from([
        b'{"ts":1767225600000,"seq":9,"code":"E1"}', b'{"ts":1767225600001,"seq":8,"level":"info","message":"x"}',
        b'{"state":"online","wants_ack":true}', b'{"state":"online","oldest":7}', b'{"state":"online","oldest":-1}',
        b'{"state":"offline"}', b'{"state":"asleep"}', b"junk",
        b'{"ts":1767225600000,"seq":3,"values":{"vibration":1}}',
    ]),
    HEADERS,
)  # fmt: skip
LIMITED = st.builds(
    lambda device, second, name, value: Sent(
        f"foreworn/v1/west/{device}/telemetry".encode(),
        f'{{"ts":{START + 1000 * second},"values":{{"{name}":{value}}}}}'.encode(),
    ),
    st.sampled_from(["fan-1", "fan-2"]),
    st.integers(0, 6),
    st.sampled_from(["flow", "cycles"]),
    mostly(st.integers(0, 5).map(str), st.sampled_from(["2.0", "-1", '"x"'])),
)
TURNS = st.lists(st.lists(mostly(TELEMETRY, OTHERS), max_size=8), min_size=1, max_size=3)


@given(turns=TURNS, unknown=st.sampled_from(UnknownDevices))
@settings(max_examples=200, derandomize=True, deadline=None)
def test_both_roads_say_the_same(turns: list[list[Sent]], unknown: UnknownDevices) -> None:
    check(turns, unknown)


@given(turns=st.lists(st.lists(LIMITED, max_size=5), min_size=2, max_size=4))
@settings(max_examples=250, derandomize=True, deadline=None)
def test_both_roads_judge_the_speed_of_a_signal_alike(turns: list[list[Sent]]) -> None:
    check(turns)
