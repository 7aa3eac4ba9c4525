from datetime import UTC, datetime

import numpy as np
import pytest

from ingestion.formats.line_protocol import LineProtocolDecoder
from ingestion.formats.message import Message
from ingestion.formats.native_json import NativeJsonDecoder
from simulators.load.ledger import Ledger
from simulators.load.link import split_packet
from simulators.load.packets import PacketWriter, publish_packet
from simulators.load.plan import LoadFormat, LoadPlan

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
FORMATS = [
    pytest.param(1, LoadFormat.JSON, 6, id="one object"),
    pytest.param(7, LoadFormat.JSON, 9, id="an array whose numbers grow a digit within it"),
    pytest.param(1, LoadFormat.LINES, 1, id="one line"),
    pytest.param(4, LoadFormat.LINES, 5, id="four lines"),
]


def plan(batch: int = 1, form: LoadFormat = LoadFormat.JSON, signals: int = 6) -> LoadPlan:
    return LoadPlan(devices=7, connections=3, batch=batch, format=form, signals=signals, start=NEW_YEAR)


@pytest.mark.parametrize(("batch", "form", "signals"), FORMATS)
def test_packets_written_by_the_thousand_are_those_written_one_by_one(
    batch: int, form: LoadFormat, signals: int
) -> None:
    load = plan(batch, form, signals)
    writer = PacketWriter(load, 1)
    rows = np.array([*range(50), *range(290, 330)])
    ids = rows + 1000
    quick = b"".join(bytes(packets.content) for packets in writer.write(rows, ids))
    said = zip(writer.devices(rows).tolist(), writer.seqs(rows).tolist(), ids.tolist(), strict=True)
    assert quick == b"".join(publish_packet(load, device, seq, packet_id) for device, seq, packet_id in said)


@pytest.mark.parametrize("form", LoadFormat)
def test_the_platform_reads_what_the_ledger_says_was_sent(form: LoadFormat) -> None:
    load = plan(3, form)
    rows = np.arange(40)
    writer = PacketWriter(load, 2)
    content = b"".join(bytes(packets.content) for packets in writer.write(rows, rows + 1))
    nothing = np.zeros(len(rows))
    ledger = Ledger(load, writer.devices(rows).astype(np.uint32), writer.seqs(rows), nothing, nothing, nothing)
    expected = [(row.pop("device"), row.pop("time"), row.pop("seq"), row) for row in ledger.readings().to_pylist()]
    assert [reading for message in _messages(content) for reading in _read(message)] == expected
    assert expected[0][1] == load.time_of(1) == NEW_YEAR


def _messages(content: bytes) -> list[Message]:
    messages, begin = [], 0
    while (packet := split_packet(content, begin)) is not None:
        _, body, begin = packet
        end = body + 2 + int.from_bytes(content[body : body + 2], "big")
        messages.append(Message(content[body + 2 : end].decode(), content[end + 2 : begin], NEW_YEAR))
    assert begin == len(content)
    return messages


def _read(message: Message) -> list[tuple[object, ...]]:
    decoder = LineProtocolDecoder if message.topic.endswith("lines") else NativeJsonDecoder
    contents = decoder(1 << 20).decode(message)
    assert contents.rejections == ()
    return [(s.device, s.time, s.seq, dict(s.values)) for s in contents.samples]
