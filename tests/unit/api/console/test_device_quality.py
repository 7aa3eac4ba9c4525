"""How good devices and their signals are, as pages and over HTTP."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from api.app import create_app
from api.services import ConsoleServices
from foreworn.clock import ManualClock
from foreworn.loop.data_quality import DataQuality
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quality import HOUR
from foreworn.telemetry.quarantine import Selection
from foreworn.telemetry.sample import Sample, Status, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.seeded_fleet import NOW, empty_services, seeded_services

MINUTE = timedelta(minutes=1)
LATER = NOW + 9 * HOUR
SECOND = timedelta(seconds=1)


def tell(services: ConsoleServices, device: str, time: datetime, seq: int, delay: timedelta = 6 * MINUTE) -> None:
    telemetry = TelemetryBatch(samples=(Sample(device, time - delay, {"vibration": 3.0}, seq),))
    services.telemetry.write(telemetry)
    services.progress.observe(IntakeBatch(telemetry, received_at=time))


def judge(services: ConsoleServices, time: datetime) -> None:
    DataQuality(services.operations, services.registry, services.telemetry, services.progress).judge(time)


@pytest.fixture(scope="module")
def troubled() -> ConsoleServices:
    """A fleet nine hours on: one device has gone on, with all the faults there are; all others are silent since."""
    services = replace(seeded_services(machines=9, days=2), clock=ManualClock(LATER))
    for hours in range(1, 9):
        tell(services, "gw-Pump-02", NOW + hours * HOUR, 30 + 2 * hours)
    tell(services, "gw-Pump-02", NOW + 8 * HOUR + MINUTE, 46, delay=7 * MINUTE)
    tell(services, "gw-loose", NOW, 1)
    judge(services, LATER)
    return services


@pytest.fixture(scope="module")
def reader(troubled: ConsoleServices) -> Client:
    return Client(create_app(troubled))


def test_a_page_tells_how_a_device_comes_in(reader: Client) -> None:
    text = words(reader.get("/devices/gw-Pump-02").text)
    assert "Clock at most: it may also always wait that long before it sends 6 min behind" in text
    assert "Numbers missing skipped, and not come since 15 8 gaps so far" in text
    assert "what it was not told is stored; it is stored once 1" in text
    assert "twice its usual time between messages 25" in text
    assert "Usual time between its messages 1 h" in text
    assert "Silent" not in text


def test_a_page_tells_how_good_each_signal_is_and_what_is_wrong(reader: Client) -> None:
    text = words(reader.get("/devices/gw-Pump-02").text)
    assert (
        "pressure score 24 % completeness 67 % timeliness 24 % validity 100 % uniqueness 97 % readings come late"
        in text
    )
    assert "vibration score 24 % completeness 100 %" in text


def test_a_silent_device_says_since_when_and_how_often_it_speaks(reader: Client) -> None:
    text = words(reader.get("/devices/gw-Pump-01").text)
    assert "◆ Silent : it last spoke 9 h ago ; it should speak within 3 h." in text
    assert "gw-Pump-01" in words(reader.get("/devices?state=silent").text)
    assert "gw-Pump-02" not in words(reader.get("/devices?state=silent").text)
    assert "gw-Pump-02" in words(reader.get("/devices?state=gaps").text)


def test_a_device_on_no_machine_is_neither_silent_nor_judged(reader: Client) -> None:
    text = words(reader.get("/devices/gw-loose").text)
    assert "Not judged yet: the signals of a device that sits on a machine" in text
    assert "Silent" not in text


def test_the_data_page_lists_silent_devices_and_poor_signals(reader: Client) -> None:
    text = words(reader.get("/data").text)
    assert "gw-Pump-01 9 h ago it should speak within 3 h" in text
    assert "gw-Pump-01 pressure and 3 more signals score 4 % completeness 67 % timeliness 4 % validity 100 %" in text
    assert text.index("gw-Pump-07 pressure") < text.index("gw-Pump-01 pressure") < text.index("gw-Pump-02 pressure")


def test_where_all_are_silent_the_fault_is_looked_for_elsewhere() -> None:
    services = replace(seeded_services(machines=9, days=1), clock=ManualClock(LATER))
    text = words(Client(create_app(services)).get("/data").text)
    assert "All 9 devices are silent; the last of them spoke 9 h ago" in text
    assert "No signal was judged yet" in text


def test_all_well_is_said_in_a_sentence() -> None:
    services = seeded_services(machines=9, days=2)
    tell(services, "gw-Pump-01", NOW, 24, delay=24 * HOUR)
    page = Client(create_app(services)).get("/data").text
    assert "None: every device that sits on a machine speaks as often as it usually does." in words(page)
    assert "Nothing was refused" not in words(page)
    assert "No signal was judged yet" in words(Client(create_app(empty_services())).get("/data").text)


def test_a_refusal_that_quarantine_has_let_go_of_is_still_told() -> None:
    services = seeded_services(machines=9, days=1)
    reader = Client(create_app(services))
    assert "quarantine has let go of it" not in words(reader.get("/devices/gw-Pump-09").text)
    services.quarantine.purge(Selection(device="gw-Pump-09"))
    page = reader.get("/devices/gw-Pump-09").text
    assert "The last refusal was 3 min ago , unreadable: not JSON: byte 0xff at 8; quarantine has let go" in words(page)
    assert r"{&#34;ts&#34;: &#34;\xff\x00&lt;img src=x&gt;" in page


def test_a_device_tells_how_it_comes_in_over_http(reader: Client) -> None:
    device = reader.get("/v1/devices/gw-Pump-02").json()
    assert (device["gaps"], device["missing"], device["duplicates"], device["late"]) == (8, 15, 1, 25)
    assert (device["clock_behind_s"], device["usual_gap_s"], device["entries_per_hour"]) == (360.0, 3600.0, 4 / 3)
    assert (device["silence"], device["quality_signal"]) == (None, "pressure")
    assert device["quality_score"] == pytest.approx(8 / 33)
    silent = {i["id"]: i["silence"] for i in reader.get("/v1/devices").json()["items"]}["gw-Pump-01"]
    assert silent == {"since": "2026-03-02T06:00:00Z", "said_goodbye": False, "patience_s": 10800.0}


def test_the_quality_of_signals_is_told_over_http(troubled: ConsoleServices, reader: Client) -> None:
    judge(troubled, NOW - 9 * HOUR)
    answer = reader.get("/v1/devices/gw-Pump-02/quality").json()
    assert [item["signal"] for item in answer["items"]] == ["pressure", "rotation", "vibration", "voltage"]
    pressure = answer["items"][0]
    assert (pressure["time"], pressure["weakest"]) == ("2026-03-02T15:00:00Z", "timeliness")
    assert pressure["completeness"] == pytest.approx(2 / 3)
    assert [day["time"] for day in pressure["history"]] == ["2026-03-01T21:00:00Z", "2026-03-02T15:00:00Z"]
    assert reader.get("/v1/devices/gw-loose/quality").json() == {"device": "gw-loose", "items": []}
    assert reader.get("/v1/devices/nobody/quality").status_code == 404


def say(services: ConsoleServices, device: str, state: str, received_at: datetime) -> None:
    services.progress.observe(IntakeBatch(statuses=(Status(device, state, received_at),), received_at=received_at))


@pytest.fixture
def seeded() -> ConsoleServices:
    """Nine hours on, nobody has spoken since."""
    return replace(seeded_services(machines=9, days=1), clock=ManualClock(LATER))


def test_a_status_is_no_message(seeded: ConsoleServices) -> None:
    say(seeded, "gw-Pump-01", "online", LATER)
    reader = Client(create_app(seeded))
    assert "last message 9 h ago" in words(reader.get("/devices/gw-Pump-01").text)
    assert "gw-Pump-01 on Pump-01 ● online silent last message 9 h ago" in words(reader.get("/devices").text)


def test_who_took_leave_is_neither_silent_nor_a_sign_of_trouble(seeded: ConsoleServices) -> None:
    reader = Client(create_app(seeded))
    for n in range(1, 10):
        say(seeded, f"gw-Pump-0{n}", "offline", LATER - MINUTE)
        if n == 7:
            text = words(reader.get("/data").text)
            assert "2 devices are silent, 7 took leave" in text
            assert "All 2 other devices are silent; the last of them spoke 9 h ago" in text
    text = words(reader.get("/data").text)
    assert "0 devices are silent, 9 took leave" in text
    assert "9 devices took leave: they, or their last will, said so." in text
    assert "hardly theirs" not in text
    assert "gw-Pump-01" not in words(reader.get("/devices?state=silent").text)
    assert "It took leave: it, or its last will, said 1 min ago that it is gone" in words(
        reader.get("/devices/gw-Pump-01").text
    )


def test_a_signal_that_never_came_is_named_and_not_held_to_be_poor(seeded: ConsoleServices) -> None:
    judge(seeded, NOW)
    machine = next(m for m in seeded.registry.machines() if m.id == "Pump-01")
    seeded.registry.add_signals(SignalCatalogue({machine.model: [Signal("oil_level", cadence=HOUR)]}))
    reader = Client(create_app(seeded))
    assert "Never reported, and so not judged: oil level." in words(reader.get("/devices/gw-Pump-01").text)
    assert "oil level" not in words(reader.get("/data").text)


def test_a_new_device_shows_what_came_and_no_rate(seeded: ConsoleServices) -> None:
    tell(seeded, "gw-new", LATER - MINUTE, 1, delay=SECOND)
    text = words(Client(create_app(seeded)).get("/devices/gw-new").text)
    assert "a plain count until it is heard that long 1 so far" in text
    assert "Clock in step" in text


def test_who_was_never_heard_is_told_where_to_look() -> None:
    reader = Client(create_app(empty_services()))
    for path in ("/devices", "/quarantine", "/data"):
        assert "Nothing arrives? Check that the device publishes to foreworn/v1/SITE/DEVICE/telemetry" in words(
            reader.get(path).text
        )
