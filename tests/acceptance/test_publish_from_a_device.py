"""The how-to for device makers, followed to the letter against a running platform, but for the broker's port."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import Running
from tests.servers import programme

pytestmark = pytest.mark.server

PAGE = (Path(__file__).parents[2] / "docs/howto/publish-from-a-device.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))


def snippets(section: str, language: str) -> list[str]:
    (content,) = [text for title, text in SECTIONS.items() if title.endswith(section)]
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```$", content, re.DOTALL | re.MULTILINE)
    assert found, f"{section!r} has no snippet in {language}"
    return found


class Reader:
    """Somebody who follows the page, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = Running(folder, "up")
        settings = folder / "config"
        settings.mkdir()
        for client in ("mosquitto_pub", "mosquitto_sub"):
            (settings / client).write_text(f"-p {self.platform.mqtt_port}\n")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = os.environ | self.platform.environment | {"XDG_CONFIG_HOME": str(settings), "PATH": path}

    def run(self, *command: str | Path) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, snippet: str) -> str:
        return self.run("bash", "-euc", snippet)

    def write(self, name: str, snippet: str) -> Path:
        file = self.folder / name
        file.write_text(snippet.replace("1883", str(self.platform.mqtt_port)))
        return file

    def device(self) -> dict[str, Any]:
        devices = self.platform.ask("/v1/devices")["items"]
        return dict(next(d for d in devices if d["id"] == "pump-1"))

    def sees(self, **grown: int) -> None:
        """Wait until the device's counts are so, and nothing of it was refused."""
        self.platform.until(lambda: all(self.device()[name] >= count for name, count in grown.items()))
        assert self.platform.ask("/v1/quarantine")["items"] == []


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    made = Reader(tmp_path_factory.mktemp("reader"))
    known, up = snippets("Make the device known", "sh")
    assert up == "foreworn up\n"
    made.shell(known)
    with made.platform:
        made.platform.until_it_answers()
        made.platform.log_in()
        yield made


def test_the_first_messages_by_hand_arrive(reader: Reader) -> None:
    programme("mosquitto_pub", "TEST_MOSQUITTO_PUB")
    for snippet in snippets("Send a first reading", "sh"):
        reader.shell(snippet)
    reader.sees(samples=1, events=1, logs=1)
    reader.platform.until(lambda: reader.device()["firmware"] == "1.0.0")


def test_our_python_client_is_told_that_the_platform_has_everything(reader: Reader) -> None:
    before = reader.device()["samples"]
    said = reader.run(sys.executable, reader.write("pump_1.py", snippets("our client", "python")[0]))
    assert re.fullmatch(r"the platform has everything up to number \d+\n", said)
    reader.sees(samples=before + 5)


def test_paho_alone_publishes(reader: Reader) -> None:
    before = reader.device()["samples"]
    reader.run(sys.executable, reader.write("paho_alone.py", snippets("paho alone", "python")[0]))
    reader.sees(samples=before + 1)


def test_node_publishes(reader: Reader) -> None:
    if (
        shutil.which("node") is None
        or subprocess.run(["node", "-e", 'require("mqtt")'], capture_output=True).returncode
    ):
        pytest.skip("no node with mqtt.js: npm install mqtt, and set NODE_PATH")
    before = reader.device()["samples"]
    reader.run("node", reader.write("pump-1.js", snippets("Node", "js")[0]))
    reader.sees(samples=before + 1)


def test_c_publishes(reader: Reader) -> None:
    if shutil.which("cc") is None or not Path("/usr/include/mosquitto.h").exists():
        pytest.skip("no C compiler with libmosquitto: apt-get install gcc libmosquitto-dev")
    before = reader.device()["samples"]
    reader.write("pump-1.c", snippets("libmosquitto", "c")[0])
    reader.run("cc", "-Wall", "-Wextra", "-Werror", "pump-1.c", "-lmosquitto", "-o", "pump-1")
    reader.run("./pump-1")
    reader.sees(samples=before + 1)


def test_telegraf_publishes(reader: Reader) -> None:
    telegraf = os.environ.get("TEST_TELEGRAF") or shutil.which("telegraf")
    if telegraf is None:
        pytest.skip("no telegraf on PATH: install it, or set TEST_TELEGRAF to its programme")
    able = subprocess.run([telegraf, "plugins"], capture_output=True, text=True, check=True).stdout.split()
    if missing := {"inputs.cpu", "outputs.mqtt"}.difference(able):
        pytest.skip(f"{telegraf} was built without {', '.join(sorted(missing))}")
    before = reader.device()["samples"]
    configuration = reader.write("telegraf.conf", snippets("Telegraf", "toml")[0])
    reader.run(telegraf, "--config", configuration, "--once")
    reader.sees(samples=before + 1)
