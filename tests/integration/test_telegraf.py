"""A real Telegraf publishes with the configuration of the decoder's README, and what it measured arrives.

Telegraf is nothing that Foreworn needs, so where there is none that can publish these tests are skipped, under CI too.
"""

import json
import os
import queue
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from foreworn.telemetry.sample import Sample, to_epoch_ms
from ingestion.formats.by_kind import Formats
from ingestion.formats.message import Message
from tests.conftest import StartMosquitto
from tests.servers import MosquittoServer

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
README = (ROOT / "ingestion/formats/line_protocol/README.md").read_text()
FILE_INPUT = '[[inputs.file]]\n  files = ["{file}"]\n  data_format = "influx"\n'
WITHIN = 30.0
T = 1767225600123

READINGS = rf"""
telemetry,device=pump-7 vibration=40.1,hours_run=1204i,state="run, \"slow\" \\ 3" {T}456789
motor,device=pump-7,place=north\ west current=12.5,speed=1480 {T + 1000}000000
tank\ level,device=pump-8 value=7u,note="two
lines" {T}000000
"""
EXPECTED = [
    ("pump-7", T, {"vibration": 40.1, "hours_run": 1204, "state": 'run, "slow" \\ 3'}),
    ("pump-7", T + 1000, {"motor_current": 12.5, "motor_speed": 1480.0}),
    ("pump-8", T, {"tank level": 7, "tank level_note": "two\nlines"}),
]


@pytest.fixture(scope="module")
def telegraf() -> str:
    found = os.environ.get("TEST_TELEGRAF") or shutil.which("telegraf")
    if found is None:
        pytest.skip("no telegraf on PATH: install it, or set TEST_TELEGRAF to its programme")
    able = subprocess.run([found, "plugins"], capture_output=True, text=True, check=True).stdout.split()
    if missing := {"inputs.file", "outputs.mqtt"}.difference(able):
        pytest.skip(f"{found} was built without {', '.join(sorted(missing))}")
    return found


@pytest.fixture
def heard(start_mosquitto: StartMosquitto) -> Iterator[tuple[MosquittoServer, "queue.Queue[MQTTMessage]"]]:
    broker = start_mosquitto()
    messages: queue.Queue[MQTTMessage] = queue.Queue()
    subscribed: queue.Queue[bool] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, *_: client.subscribe("foreworn/v1/#", 1) and None
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.on_message = lambda _client, _data, message: messages.put(message)
    client.connect(broker.host, broker.port)
    client.loop_start()
    subscribed.get(timeout=WITHIN)
    yield broker, messages
    client.disconnect()
    client.loop_stop()


def samples_of(messages: "queue.Queue[MQTTMessage]", count: int) -> list[Sample]:
    samples: list[Sample] = []
    while len(samples) < count:
        message = messages.get(timeout=WITHIN)
        contents = Formats(1 << 20).decode(Message(message.topic, bytes(message.payload), datetime.now(UTC)))
        assert contents.rejections == ()
        samples += contents.samples
    return samples


@pytest.mark.parametrize("layout", ["batch", "non-batch"])
def test_what_telegraf_publishes_is_what_it_measured(
    layout: str, telegraf: str, heard: tuple[MosquittoServer, "queue.Queue[MQTTMessage]"], tmp_path: Path
) -> None:
    broker, messages = heard
    (configuration,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (template,) = re.findall(r"`(foreworn/v1/west/\{\{.*?\}\}/lines)`", README)
    for written, wanted in (
        ('"ssl://broker.example:8883"', f'"tcp://{broker.host}:{broker.port}"'),
        ('"foreworn/v1/west/pump-7/lines"', f"'{template}'"),
        ('"batch"', f'"{layout}"'),
    ):
        assert written in configuration
        configuration = configuration.replace(written, wanted)
    readings, config = tmp_path / "readings", tmp_path / "telegraf.conf"
    readings.write_text(READINGS)
    config.write_text(configuration + FILE_INPUT.format(file=readings))
    done = subprocess.run(
        [telegraf, "--once", "--config", config], capture_output=True, text=True, check=False, timeout=WITHIN
    )
    assert done.returncode == 0, done.stderr

    samples = samples_of(messages, len(EXPECTED))
    assert sorted(((s.device, to_epoch_ms(s.time), dict(s.values)) for s in samples), key=json.dumps) == EXPECTED
