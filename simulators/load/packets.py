"""PUBLISH packets of a load, thousands at a time: digits are written into a matrix of bytes, a row a packet."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from foreworn.telemetry.wire import topic
from simulators.load.plan import LoadFormat, LoadPlan
from simulators.load.values import LEAST, Integers, hundredths

Bytes = npt.NDArray[np.uint8]

MEASUREMENT = "telemetry"
_QOS_1 = 0x32
_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)
_TS_DIGITS = 13


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets of one length, one after the other."""

    content: memoryview
    length: int
    count: int


class PacketWriter:
    """Writes the messages of one connection of a load.

    Row i of a connection is message i // slots of the device in slot i % slots, that is of device number
    `connection` + slot * connections.
    """

    def __init__(self, plan: LoadPlan, connection: int) -> None:
        self._plan = plan
        self._connection = connection
        self._slots = plan.slots(connection)
        self._names = _text_table(plan.device_ids(), plan.digits)

    def devices(self, rows: Integers) -> Integers:
        """Return the device numbers of rows."""
        return self._connection + rows % self._slots * self._plan.connections

    def seqs(self, rows: Integers) -> Integers:
        """Return the first sequence number of each row."""
        return self._plan.first_seq + rows // self._slots * self._plan.batch

    def write(self, rows: Integers, packet_ids: Integers) -> list[Packets]:
        """Return the PUBLISH packets (QoS 1) of rows, in their order.

        Parameters
        ----------
        rows
            (n,) ascending.
        packet_ids
            (n,) from 1 to 65535.
        """
        firsts = self.seqs(rows)
        lengths, last_lengths = _digits(firsts), _digits(firsts + self._plan.batch - 1)
        mixed = lengths != last_lengths
        changes = np.flatnonzero((lengths[1:] != lengths[:-1]) | (mixed[1:] != mixed[:-1])) + 1
        packets: list[Packets] = []
        for begin, end in zip([0, *changes.tolist()], [*changes.tolist(), len(rows)], strict=True):
            part = slice(begin, end)
            if mixed[begin]:
                packets += [
                    self._one(r, p) for r, p in zip(rows[part].tolist(), packet_ids[part].tolist(), strict=True)
                ]
            else:
                packets.append(self._many(rows[part], packet_ids[part], int(lengths[begin])))
        return packets

    def _one(self, row: int, packet_id: int) -> Packets:
        device = int(self.devices(np.array([row]))[0])
        packet = publish_packet(self._plan, device, int(self.seqs(np.array([row]))[0]), packet_id)
        return Packets(memoryview(packet), len(packet), 1)

    def _many(self, rows: Integers, packet_ids: Integers, seq_digits: int) -> Packets:
        plan, layout = self._plan, _layout(self._plan, seq_digits)
        devices = self.devices(rows)
        matrix: Bytes = np.empty((len(rows), len(layout.template)), dtype=np.uint8)
        matrix[:] = layout.template
        matrix[:, layout.device : layout.device + plan.digits] = self._names[devices]
        matrix[:, layout.packet_id] = packet_ids >> 8
        matrix[:, layout.packet_id + 1] = packet_ids & 0xFF
        readings = matrix[:, layout.readings : layout.readings + plan.batch * layout.reading]
        readings = readings.reshape(len(rows), plan.batch, layout.reading)
        seqs = self.seqs(rows)[:, None] + np.arange(plan.batch)
        milliseconds = (plan.start_us + (seqs - plan.first_seq) * plan.cadence_us) // 1000
        _write_number(readings, layout.time, _TS_DIGITS, milliseconds)
        _write_number(readings, layout.seq, seq_digits, seqs)
        texts = _value_texts()[hundredths(plan.seed, devices[:, None], seqs, plan.signals) - LEAST]
        for signal, place in enumerate(layout.values):
            readings[:, :, place : place + 5] = texts[:, :, signal]
        return Packets(matrix.reshape(-1).data, len(layout.template), len(rows))


def publish_packet(plan: LoadPlan, device: int, seq: int, packet_id: int) -> bytes:
    """Return one PUBLISH packet, the slow and obvious way; the quick one must say the same."""
    payload = _payload(plan, [_reading(plan, device, seq + i) for i in range(plan.batch)])
    return _packet(topic(plan.site, plan.device(device), plan.kind).encode(), packet_id, payload)


@dataclass(frozen=True, slots=True)
class _Layout:
    """A packet without its digits, and where they go; places of a reading count from the reading's begin."""

    template: Bytes
    device: int
    packet_id: int
    readings: int
    reading: int
    time: int
    seq: int
    values: tuple[int, ...]


@lru_cache(maxsize=64)
def _layout(plan: LoadPlan, seq_digits: int) -> _Layout:
    is_json = plan.format is LoadFormat.JSON
    reading = _text(plan, 0, "S" * seq_digits, "T" * _TS_DIGITS, ["VVVVV"] * plan.signals)
    names = topic(plan.site, plan.device(0), plan.kind).encode()
    packet = _packet(names, 0, _payload(plan, [reading] * plan.batch))
    begin = packet.index(names) + len(names) + 2
    single = is_json and plan.batch == 1
    # In an array a reading is laid out with the bracket or comma before it, in lines with the line's end.
    lead = 0 if single or not is_json else 1
    template = np.frombuffer(packet, dtype=np.uint8)
    return _Layout(
        template,
        device=packet.index(names) + len(f"foreworn/v1/{plan.site}/{plan.prefix}-"),
        packet_id=begin - 2,
        readings=begin,
        reading=len(reading) + (0 if single else 1),
        time=reading.index(b"T" * _TS_DIGITS) + lead,
        seq=reading.index(b"S" * seq_digits) + lead,
        values=tuple(i + lead for i in range(len(reading)) if reading[i : i + 5] == b"VVVVV"),
    )


def _reading(plan: LoadPlan, device: int, seq: int) -> bytes:
    values = hundredths(plan.seed, np.array([device]), np.array([seq]), plan.signals)[0]
    milliseconds = (plan.start_us + (seq - plan.first_seq) * plan.cadence_us) // 1000
    return _text(plan, device, str(seq), str(milliseconds), [f"{v // 100:02d}.{v % 100:02d}" for v in values.tolist()])


def _text(plan: LoadPlan, device: int, seq: str, milliseconds: str, values: Sequence[str]) -> bytes:
    pairs = zip(plan.signal_names, values, strict=True)
    if plan.format is LoadFormat.LINES:
        fields = ",".join(f"{n}={v}" for n, v in pairs)
        return f"{MEASUREMENT} seq={seq}i,{fields} {milliseconds}000000".encode()
    members = ",".join(f'"{n}":{v}' for n, v in pairs)
    return f'{{"ts":{milliseconds},"seq":{seq},"values":{{{members}}}}}'.encode()


def _payload(plan: LoadPlan, readings: Sequence[bytes]) -> bytes:
    if plan.format is LoadFormat.LINES:
        return b"".join(reading + b"\n" for reading in readings)
    return readings[0] if plan.batch == 1 else b"[" + b",".join(readings) + b"]"


def _packet(names: bytes, packet_id: int, payload: bytes) -> bytes:
    body = len(names).to_bytes(2, "big") + names + packet_id.to_bytes(2, "big") + payload
    return bytes([_QOS_1]) + remaining_length(len(body)) + body


def remaining_length(length: int) -> bytes:
    """Return MQTT's variable-length form of a packet's length (MQTT 3.1.1, 2.2.3).

    Examples
    --------
    >>> remaining_length(321).hex()
    'c102'
    """
    encoded = b""
    while length > 127:
        encoded += bytes([length % 128 | 0x80])
        length //= 128
    return encoded + bytes([length])


def _digits(numbers: Integers) -> Integers:
    return np.searchsorted(_POWERS, numbers, side="right") + 1


def _write_number(readings: Bytes, place: int, digits: int, numbers: Integers) -> None:
    """Write numbers of so many digits, four at a time from the right."""
    table = _four_digits()
    rest, end = numbers, place + digits
    while end - 4 >= place:
        rest, low = np.divmod(rest, 10_000)
        readings[:, :, end - 4 : end] = table[low]
        end -= 4
    if end > place:
        readings[:, :, place:end] = table[rest][:, :, 4 - (end - place) :]


def _text_table(texts: Sequence[str], last: int) -> Bytes:
    """Return the last characters of texts of equal length, a row a text."""
    return np.frombuffer("".join(text[-last:] for text in texts).encode(), dtype=np.uint8).reshape(-1, last)


@lru_cache(maxsize=1)
def _four_digits() -> Bytes:
    return _text_table([f"{number:04d}" for number in range(10_000)], 4)


@lru_cache(maxsize=1)
def _value_texts() -> Bytes:
    return _text_table([f"{number // 100:02d}.{number % 100:02d}" for number in range(LEAST, 10_000)], 5)
