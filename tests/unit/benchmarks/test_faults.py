"""The fault suite can fail: each way to be inexact is seen, and each fault is really brought about."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from benchmarks.faults.ledger import Ledger
from benchmarks.faults.link import FaultyLink, LinkLoop, Weather
from benchmarks.faults.packets import PUBACK, PacketCounter
from benchmarks.faults.readings import values_of
from benchmarks.faults.result import figures
from benchmarks.faults.schedule import FaultKind, draw
from benchmarks.faults.store_front import ONE_IN, refuses
from benchmarks.faults.stored_rows import duckdb_rows
from benchmarks.faults.verdict import StoredRow, Verdict, judge

SEED = 7
SIX = 6


def ledger() -> Ledger:
    """Six readings a second apart, the first five acknowledged."""
    kept = Ledger("pump")
    for number in range(SIX):
        kept.enter(number, 1_000_000 + 1000 * number)
    kept.acknowledge(range(5))
    return kept


def stored(*numbers: int) -> list[StoredRow]:
    return [StoredRow(("pump", 1_000_000 + 1000 * n), values_of(SEED, "pump", n)) for n in numbers]


def judged(rows: list[StoredRow]) -> Verdict:
    return judge(SEED, [ledger()], rows)


@pytest.mark.parametrize("numbers", [pytest.param(range(5), id="acknowledged"), pytest.param(range(SIX), id="sent")])
def test_a_store_with_all_that_was_acknowledged_and_nothing_that_was_not_sent_is_exact(numbers: range) -> None:
    assert judged(stored(*numbers)).is_exact


def test_a_dropped_row_is_lost() -> None:
    assert judged(stored(0, 1, 3, 4)).lost == [("pump", 1_002_000)]


def test_a_row_that_stands_twice_is_duplicated() -> None:
    assert judged(stored(0, 1, 2, 2, 3, 4)).duplicated == [("pump", 1_002_000)]


def test_a_row_that_was_never_sent_is_invented() -> None:
    verdict = judged([*stored(*range(5)), StoredRow(("pump", 999), values_of(SEED, "pump", 0))])
    assert verdict.invented == [("pump", 999)]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({**values_of(SEED, "pump", 0), "cycles": 1}, id="another value"),
        pytest.param({**values_of(SEED, "pump", 0), "cycles": 0.0}, id="another type"),
        pytest.param({"cycles": 0}, id="values that are missing"),
        pytest.param({**values_of(SEED, "pump", 0), "stranger": 1}, id="one value more"),
    ],
)
def test_a_row_of_other_values_is_wrong(values: dict[str, float]) -> None:
    verdict = judged([StoredRow(("pump", 1_000_000), values), *stored(*range(1, 5))])
    assert verdict.wrong == [("pump", 1_000_000)]


def test_only_what_the_store_refuses_may_be_in_quarantine_instead_and_only_as_it_was_sent() -> None:
    rows, (third,) = stored(0, 1, 3, 4), stored(2)
    changed = StoredRow(third.key, {**third.values, "cycles": 9})
    assert judge(SEED, [ledger()], rows, refused={third.key}, quarantined=[third]).is_exact
    assert judge(SEED, [ledger()], rows, refused=set(), quarantined=[third]).lost == [third.key]
    assert judge(SEED, [ledger()], rows, refused={third.key}, quarantined=[changed]).lost == [third.key]


def test_rows_are_counted_in_the_file_and_not_through_what_folds_them(tmp_path: Path) -> None:
    file = tmp_path / "telemetry.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE telemetry (time TIMESTAMP_MS, device VARCHAR, cycles BIGINT)")
        for _ in range(2):
            connection.execute("INSERT INTO telemetry VALUES (make_timestamp_ms(1002000), 'pump', 2)")
    assert duckdb_rows(file) == [StoredRow(("pump", 1_002_000), {"cycles": 2})] * 2


def test_two_readings_never_share_a_time_however_the_clock_jumps() -> None:
    kept = Ledger("pump")
    assert [kept.enter(number, 500) for number in range(3)] == [500, 501, 502]
    assert len(kept.sent) == 3


def test_every_kind_of_fault_is_in_a_run_of_the_kinds_number_and_plain_devices_never_lose_their_broker() -> None:
    schedules = [draw(SEED, number) for number in range(len(FaultKind))]
    assert {step.kind for schedule in schedules for step in schedule.steps} == set(FaultKind)
    killed = [s for s in schedules if any(step.kind is FaultKind.KILL_BROKER for step in s.steps)]
    assert killed
    assert all(schedule.broker_may_die for schedule in killed)


def test_only_devices_that_wait_for_the_platform_are_given_a_broker_that_drops() -> None:
    small = [schedule for number in range(60) if (schedule := draw(SEED, number)).small_queue]
    assert 5 < len(small) < 30
    assert all(schedule.broker_may_die for schedule in small)
    assert not any(draw(SEED, schedule.number, small_queues=False).small_queue for schedule in small)


def test_what_the_store_refuses_it_refuses_again() -> None:
    lines = [b"telemetry,device=pump cycles=%di %d" % (n, n) for n in range(10 * ONE_IN)]
    once, again = ([line for line in lines if refuses(line)] for _ in range(2))
    assert once == again
    assert 0 < len(once) < len(lines) / 4


def test_packets_are_counted_however_their_bytes_are_cut() -> None:
    stream = b"\x3a\x81\x01" + bytes(129) + b"\x40\x02\x00\x07" + b"\x32\x02\x00\x00"
    whole, cut = PacketCounter(), PacketCounter()
    whole.feed(stream)
    for byte in stream:
        cut.feed(bytes([byte]))
    assert whole.counts == cut.counts == {3: 2, PUBACK: 1}
    assert whole.redelivered == cut.redelivered == 1


def test_a_run_without_schedules_has_no_recovery_time() -> None:
    assert "recovery_p50_s" not in figures([], 0)


def test_schedules_that_broke_down_are_counted() -> None:
    found = figures([], 3)
    assert (found["asked"], found["schedules"], found["broke_down"]) == (3, 0, 3)


@pytest.fixture
def loop() -> Iterator[LinkLoop]:
    opened = LinkLoop()
    yield opened
    opened.close()


@pytest.fixture
def echo() -> Iterator[int]:
    """A port that says back what it is told."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_say_back, args=(peer,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def _say_back(peer: socket.socket) -> None:
    with peer, suppress(ConnectionResetError):
        while data := peer.recv(4096):
            peer.sendall(data)


def connected(link: FaultyLink) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", link.port), timeout=5)
    client.sendall(b"a")
    assert client.recv(1) == b"a"
    return client


def test_a_cut_link_ends_its_connections_and_takes_new_ones(loop: LinkLoop, echo: int) -> None:
    with FaultyLink(loop, echo) as link:
        with connected(link) as client:
            assert link.cut(abruptly=False) == 1
            assert client.recv(1) == b""
        connected(link).close()


def test_a_silent_link_holds_everything_back_and_hands_it_on_afterwards(loop: LinkLoop, echo: int) -> None:
    with FaultyLink(loop, echo) as link, connected(link) as client:
        link.set(Weather.SILENT)
        client.sendall(b"b")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        link.set(Weather.CLEAR)
        client.settimeout(5)
        assert client.recv(1) == b"b"
        assert link.held == 1


def test_a_link_tells_of_the_first_acknowledgement_of_what_was_not_redelivered(loop: LinkLoop, echo: int) -> None:
    heard: list[str] = []
    again, puback = b"\x3a\x02\x00\x07", b"\x40\x02\x00\x07"
    with FaultyLink(loop, echo) as link, socket.create_connection(("127.0.0.1", link.port), timeout=5) as client:
        client.sendall(again)  # the echo makes it a redelivery
        assert client.recv(4) == again
        link.at_puback = lambda: heard.append("puback")
        client.sendall(puback)
        assert client.recv(4) == puback
        assert heard == []
        client.sendall(puback + puback)
        assert client.recv(4)
        assert heard == ["puback"]


def test_a_deaf_link_loses_what_is_said_and_is_cut_when_it_hears_again(loop: LinkLoop, echo: int) -> None:
    with FaultyLink(loop, echo) as link, connected(link) as client:
        link.set(Weather.DEAF)
        client.sendall(b"\x40\x02\x00\x07")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(5)
        link.set(Weather.CLEAR)
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_slow_link_passes_all_bytes_in_small_pieces(loop: LinkLoop, echo: int) -> None:
    with FaultyLink(loop, echo) as link, connected(link) as client:
        link.set(Weather.SLOW)
        told = bytes(range(200))
        client.sendall(told)
        heard = b""
        while len(heard) < len(told):
            heard += client.recv(4096)
        assert heard == told
        soon = time.monotonic() + 5
        while link.slowed_bytes < 2 * len(told) and time.monotonic() < soon:  # counted once the bytes are gone
            time.sleep(0.01)
        assert link.slowed_bytes == 2 * len(told)
