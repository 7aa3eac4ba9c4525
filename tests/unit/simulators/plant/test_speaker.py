import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foreworn.telemetry.wire import Kind, parse_topic
from simulators.plant import Plant, read_plant
from simulators.plant.speaker import DeviceMessage, Speaker
from tests.unit.simulators.plant.conftest import SMALL, START


def spoken(messages: list[DeviceMessage], kind: Kind) -> list[dict[str, Any]]:
    return [entry for m in messages if parse_topic(m.topic).kind is kind for entry in json.loads(m.payload)]


def test_the_hours_of_a_period_travel_as_one_message_per_device(fans: Plant) -> None:
    messages = Speaker(fans).messages(fans.advance(12))
    telemetry = [m for m in messages if parse_topic(m.topic).kind is Kind.TELEMETRY]
    assert [(m.topic, m.entries) for m in telemetry] == [
        (f"foreworn/v1/hall/plc-hall-fan-{number}/telemetry", 12) for number in (1, 2)
    ]
    assert json.loads(telemetry[0].payload)[1]["ts"] - json.loads(telemetry[0].payload)[0]["ts"] == 3_600_000


def test_a_devices_numbers_run_without_gaps_over_periods_and_kinds(fans: Plant) -> None:
    speaker = Speaker(fans, {"plc-hall-fan-1": 40})
    said = [m for _ in range(30) for m in speaker.messages(fans.advance(7)) if m.device == "plc-hall-fan-1"]
    numbers = [entry["seq"] for m in said for entry in json.loads(m.payload)]
    assert numbers == list(range(41, 41 + len(numbers)))
    assert {parse_topic(m.topic).kind for m in said} == {Kind.TELEMETRY, Kind.EVENT}
    assert speaker.last_seq["plc-hall-fan-1"] == said[-1].last_seq == numbers[-1]


def test_a_late_reading_comes_later_at_its_own_time(write: Callable[[str], Path]) -> None:
    bad = "[bad_data]\nlate_share = 0.3\nlate_hours = 5\n\n[loads.day]"
    plant = Plant(read_plant(write(SMALL.replace("[loads.day]", bad))), START)
    speaker = Speaker(plant)
    seen: dict[int, list[int]] = {}
    for hour in range(40):
        for entry in spoken(speaker.messages(plant.advance(1)), Kind.TELEMETRY):
            seen.setdefault(entry["ts"], []).append(hour)
    begin = round(START.timestamp() * 1000)
    delays = [hour - (ts - begin) // 3_600_000 for ts, hours in seen.items() for hour in hours]
    assert set(delays) == {0, 4}  # a reading of hour h is due 5 h later, at the end of period h + 4
    assert 0.15 < delays.count(4) / len(delays) < 0.45
    assert len(delays) + speaker.held == 80
