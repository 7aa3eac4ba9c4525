import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foreworn.device import Broker, DeviceClient
from foreworn.device.backlog import Backlog
from foreworn.errors import ConfigurationError
from ingestion.broker.starting import free_port

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[DeviceClient]:
    with DeviceClient("pump-1", "north", tmp_path / "store", Broker(port=free_port())) as made:
        yield made


def kept(client: DeviceClient, tmp_path: Path) -> bytes:
    client.close()
    backlog = Backlog(tmp_path / "store")
    stretches, seq = [], 0
    while (stretch := backlog.after(seq, entries=100, size=100_000)) is not None:
        stretches.append(stretch.kind.encode() + b" " + stretch.payload())
        seq = stretch.seqs[-1]
    backlog.close()
    return b"\n".join(stretches)


def test_what_a_device_says_is_kept_in_the_wire_format(client: DeviceClient, tmp_path: Path) -> None:
    values: dict[str, Any] = {"vibration": np.float32(0.5), "starts": np.int64(7), "mode": "run"}
    client.send(values, NEW_YEAR)
    client.event("E17", "warning", time=NEW_YEAR)
    client.log("error", "phase lost", "drive", {"phase": 2, "again": True}, NEW_YEAR)
    ts = b'"ts":1767225600000'
    assert kept(client, tmp_path) == (
        b'telemetry [{"seq":1,' + ts + b',"values":{"vibration":0.5,"starts":7,"mode":"run"}}]\n'
        b'event [{"seq":2,' + ts + b',"code":"E17","severity":"warning"}]\n'
        b'log [{"seq":3,' + ts + b',"level":"error","message":"phase lost","logger":"drive",'
        b'"fields":{"phase":2,"again":true}}]'
    )


@pytest.mark.parametrize(
    ("values", "time", "problem"),
    [
        pytest.param({}, None, "at least one value", id="no values"),
        pytest.param({"vibration": float("nan")}, None, "nan", id="not a number"),
        pytest.param({"vibration": None}, None, "leave out", id="nothing"),
        pytest.param({"running": True}, None, "send 1 or 0", id="a flag"),
        pytest.param({"vibration": 1.0}, datetime(2026, 1, 1), "no time zone", id="no zone"),  # noqa: DTZ001
        pytest.param({"note": "x" * 600_000}, None, "the platform would refuse", id="a book"),
    ],
)
def test_what_the_platform_would_refuse_is_refused_at_once(
    client: DeviceClient, values: dict[str, Any], time: datetime | None, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        client.send(values, time)
    assert client.pending == 0


def test_two_readings_of_one_moment_stay_two(client: DeviceClient, tmp_path: Path) -> None:
    def send() -> None:
        for _ in range(25):
            client.send({"v": 1})

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.pending == client.last_seq == 100
    assert len({part.split(b",")[0] for part in kept(client, tmp_path).split(b'"ts":')[1:]}) == 100


def test_nothing_is_lost_on_a_device_without_a_broker_and_it_says_what_is_wrong(client: DeviceClient) -> None:
    client.send({"vibration": 0.5})
    with pytest.raises(TimeoutError, match=r"1 entries are not acknowledged after 0:00:00\.5.*refused"):
        client.flush(timedelta(seconds=0.5))
    assert (client.pending, client.is_connected) == (1, False)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        pytest.param({"ca": "ca.pem"}, "mean nothing without tls=True", id="TLS files without TLS"),
        pytest.param({"tls": True, "key": "key.pem"}, "needs its certificate", id="a key alone"),
        pytest.param({"tls": True, "ca": "/nowhere/ca.pem"}, "No such file.*ca='/nowhere/ca.pem'", id="no such file"),
        pytest.param({"host": ""}, "no broker can be at", id="no host"),
    ],
)
def test_a_broker_that_cannot_be_reached_so_is_refused_before_anything_starts(
    tmp_path: Path, members: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        DeviceClient("pump-1", "north", tmp_path / "store", Broker(**members))
    assert not (tmp_path / "store").exists()


def test_a_device_needs_no_data_science_beside_it() -> None:
    heavy = "{'numpy', 'pandas', 'pyarrow', 'pydantic', 'sqlalchemy', 'fastapi', 'duckdb', 'typer'}"
    code = f"import sys, foreworn.device; print(sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"
