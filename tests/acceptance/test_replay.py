"""A real history over a real broker: what is sent is stored, and the report is the same wherever and however often."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from foreworn.settings import BrokerKind, MqttSettings
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from ingestion.broker.starting import find_mosquitto
from simulators.golden.wire_story import OUTAGE
from tests.acceptance.golden_replay import END, HOUR, REFUSED, START, Outcome, fleet, model, plain_fleet, replayed
from tests.servers import InfluxServer, MosquittoServer, programme

pytestmark = pytest.mark.server

DAYS_3 = START + 72 * HOUR


@pytest.fixture(scope="module", autouse=True)
def _mosquitto_is_there() -> None:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    assert find_mosquitto() is not None


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The week on DuckDB, undisturbed."""
    return replayed(tmp_path_factory.mktemp("week"))


@pytest.fixture(scope="module")
def plain_days(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Three days in which every device numbers what it says, undisturbed."""
    return replayed(tmp_path_factory.mktemp("plain"), of=plain_fleet(), end=DAYS_3)


def influx_address(server: InfluxServer) -> str:
    return f"influx://127.0.0.1:{server.port}/{server.new_bucket()}?org={server.org}"


def once(at: datetime, act: Callable[[], object]) -> Callable[[datetime], None]:
    """Return what does `act` when the replay reaches `at`."""
    waiting = [act]

    def on_step(time: datetime) -> None:
        if time >= at and waiting:
            waiting.pop()()

    return on_step


def away(server: InfluxServer | MosquittoServer, leave: Callable[[], None], seconds: float) -> Callable[[], None]:
    """Return what makes the server leave and come back after a while."""

    def act() -> None:
        leave()
        threading.Timer(seconds, server.start).start()

    return act


def test_every_good_reading_of_a_history_is_stored_and_every_bad_one_quarantined(week: Outcome) -> None:
    good = len(fleet().history.between(START, END).telemetry)
    sent, acknowledged, stored = week.readings()
    assert stored == good == 3 * 6 * 24
    # A message from the future is a reading that was sent and acknowledged, and refused whole.
    assert sent == acknowledged == good + REFUSED.count("future_time")
    assert week.quarantined == Counter(REFUSED)
    assert week.report.counts.readings_quarantined == len(REFUSED) == 3


def test_a_history_that_arrives_late_is_scored_again(week: Outcome) -> None:
    assert START <= OUTAGE[0] < OUTAGE[1] < END
    counts = week.report.counts
    assert counts.forecasts_revised > 0
    assert counts.forecasts_issued - counts.forecasts_revised == 3 * 2 * 6 * 24


def test_a_replay_is_judged_by_the_failures_that_came(week: Outcome) -> None:
    failures = fleet().history.between(START, END).failures
    found = week.report.judgement
    assert found.failures == len(failures) == 1
    assert found.caught_12h + found.missed == found.failures
    assert week.report.model_version == model().version


def test_a_replay_gives_the_same_report_twice(week: Outcome, tmp_path: Path) -> None:
    assert replayed(tmp_path).figures == week.figures


def test_a_replay_gives_the_same_report_on_influxdb(week: Outcome, influxd: InfluxServer, tmp_path: Path) -> None:
    again = replayed(tmp_path, store=influx_address(influxd), token=influxd.token)
    assert again.figures == week.figures
    assert again.quarantined == week.quarantined


def test_a_replay_gives_the_same_report_through_the_embedded_broker(week: Outcome, tmp_path: Path) -> None:
    assert replayed(tmp_path, mqtt=MqttSettings(broker=BrokerKind.EMBEDDED)).figures == week.figures


def test_a_store_that_goes_away_costs_nothing(week: Outcome, own_influxd: InfluxServer, tmp_path: Path) -> None:
    leaves = once(START + 30 * HOUR, away(own_influxd, own_influxd.stop, 2.0))
    again = replayed(tmp_path, store=influx_address(own_influxd), token=own_influxd.token, on_step=leaves)
    assert again.figures == week.figures


def test_what_devices_send_is_acknowledged_and_stored_one_for_one(plain_days: Outcome) -> None:
    assert plain_days.readings() == (216, 216, 216)
    assert plain_days.quarantined == {}
    counts = plain_days.report.counts
    statuses = len(fleet().attachments)
    events = len(fleet().history.between(START, DAYS_3).events)
    assert counts.messages_sent == counts.messages_received == 216 + events + statuses
    assert counts.forecasts_revised == 0


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_broker_that_goes_away_costs_nothing(
    how: str, plain_days: Outcome, mosquitto: MosquittoServer, tmp_path: Path
) -> None:
    leaves = once(START + 30 * HOUR, away(mosquitto, getattr(mosquitto, how), 0.5))
    external = MqttSettings(broker=BrokerKind.EXTERNAL, port=mosquitto.port)
    again = replayed(tmp_path, mqtt=external, of=plain_fleet(), end=DAYS_3, on_step=leaves)
    counted = {"messages_sent", "messages_received"}  # what was in doubt may be sent again
    assert {k: v for k, v in again.figures.items() if k not in counted} == {
        k: v for k, v in plain_days.figures.items() if k not in counted
    }


def test_the_speed_of_a_replay_changes_nothing_but_its_length(tmp_path: Path) -> None:
    hours_6 = START + 6 * HOUR
    fast = replayed(tmp_path / "fast", of=plain_fleet(), end=hours_6)
    slow = replayed(tmp_path / "slow", of=plain_fleet(), end=hours_6, speed=21_600)
    assert slow.figures == fast.figures


def test_what_came_before_a_replay_is_in_the_stores_and_not_counted_as_sent(tmp_path: Path) -> None:
    hours_6 = START + 6 * HOUR
    done = replayed(tmp_path, of=plain_fleet(), end=hours_6)
    assert done.readings() == (18, 18, 18)
    with_past = DuckTelemetryStore(tmp_path / "replay" / "telemetry.duckdb", plain_fleet().catalogue)
    try:
        day = with_past.samples(START - 24 * HOUR, START)
    finally:
        with_past.close()
    assert len(day) == 72
