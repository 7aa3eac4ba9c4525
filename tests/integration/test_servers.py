import psycopg
import pytest

from tests.conftest import StartMosquitto
from tests.servers import InfluxServer, PostgresServer, listens, programme

pytestmark = pytest.mark.server


def test_an_influxd_starts_with_a_fresh_bucket_and_survives_a_kill(own_influxd: InfluxServer) -> None:
    bucket = own_influxd.new_bucket()
    own_influxd.kill()
    own_influxd.start()
    names = [b["name"] for b in own_influxd.call("GET", "/api/v2/buckets")["buckets"]]
    assert bucket in names


def test_a_broker_can_be_killed_and_started_again(start_mosquitto: StartMosquitto) -> None:
    broker = start_mosquitto("max_packet_size 100000")
    broker.kill()
    assert not listens(broker.port)
    broker.start()
    assert listens(broker.port)


def test_every_postgres_database_is_empty(postgres: PostgresServer) -> None:
    for _ in range(2):
        address = postgres.new_database().replace("+psycopg", "")
        with psycopg.connect(address) as connection:
            rows = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchall()
            assert rows == [(0,)]
            connection.execute("create table kept (id int)")


def test_a_missing_server_skips_and_fails_under_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_NOTHING", raising=False)
    monkeypatch.setenv("CI", "false")
    with pytest.raises(pytest.skip.Exception, match="TEST_NOTHING"):
        programme("no-such-server", "TEST_NOTHING")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-server"):
        programme("no-such-server", "TEST_NOTHING")
