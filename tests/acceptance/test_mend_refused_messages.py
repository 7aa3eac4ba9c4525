"""The how-to about refused messages, followed to the letter against a running platform, but for the broker's port."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.command import Running
from tests.servers import programme

pytestmark = pytest.mark.server

PAGE = (Path(__file__).parents[2] / "docs/howto/mend-refused-messages.md").read_text()
KNOWN, PUBLISH, LOOK, MEND, REPLAY = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


class Reader:
    """Somebody who follows the page, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = Running(folder, "up")
        settings = folder / "config"
        settings.mkdir()
        (settings / "mosquitto_pub").write_text(f"-p {self.platform.mqtt_port}\n")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        given = {"XDG_CONFIG_HOME": str(settings), "PATH": path, "COLUMNS": "160"}
        self._environment = os.environ | self.platform.environment | given

    def does(self, snippet: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", snippet],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def starts(self) -> None:
        self.platform.start()
        self.platform.until_it_answers()

    def stored(self) -> dict[str, list[float]]:
        """The values of each signal, as the API tells them."""
        told = self.platform.ask("/v1/machines/pump-1/signals")["series"]
        return {series["signal"]: [point["value"] for point in series["points"]] for series in told}


def test_a_refused_reading_is_stored_once_its_range_is_mended(tmp_path: Path) -> None:
    for name in ("mosquitto", "mosquitto_pub"):
        programme(name, f"TEST_{name.upper()}", "/usr/bin", "/usr/sbin", "/usr/local/sbin")
    reader = Reader(tmp_path)
    reader.does(KNOWN)
    with reader.platform as platform:
        platform.until_it_answers()
        platform.log_in()
        reader.does(PUBLISH)
        platform.until(lambda: platform.ask("/v1/quarantine")["counts"] == {"out_of_range": 1})
        looked = reader.does(LOOK)
        assert "out_of_range" in looked
        assert "widen the signal's range in the catalogue" in looked
        assert '"vibration_rms": 63.5' in looked
        platform.stop()
        reader.does(MEND)
        reader.starts()
        replayed = reader.does(REPLAY)
        assert "1 entry replayed" in replayed
        assert "Nothing in quarantine" in replayed
        platform.until(lambda: reader.stored() == {"vibration_rms": [63.5], "pressure": [7.1]})
        assert platform.ask("/v1/quarantine")["counts"] == {}
