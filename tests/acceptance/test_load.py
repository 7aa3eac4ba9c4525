from pathlib import Path

import pytest

from simulators.load import Ledger
from tests.acceptance.command import Command
from tests.servers import MosquittoServer, free_port


@pytest.mark.server
def test_a_load_is_sent_acknowledged_and_written_down(
    foreworn: Command, mosquitto: MosquittoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREWORN_MQTT__PORT", str(mosquitto.port))
    file = tmp_path / "load.npz"
    options = ("--devices", "5", "--connections", "2", "--rate", "400", "--seconds", "0.5", "--batch", "2")
    ended = foreworn("load", *options, "--ledger", file)
    ledger = Ledger.load(file)
    assert ended.code == 0
    assert 150 <= len(ledger) <= 201
    assert ledger.acknowledged.all()
    assert len(ledger.readings()) == 2 * len(ledger)


def test_a_load_without_a_broker_names_the_setting(foreworn: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWORN_MQTT__PORT", str(free_port()))
    ended = foreworn("load", "--seconds", "1")
    assert (ended.code, "set FOREWORN_MQTT__HOST" in ended.line) == (1, True)
