"""`foreworn demo`: the golden history through the whole platform, with the console to look at meanwhile."""

import json
from pathlib import Path

import pytest

from simulators import golden
from tests.acceptance.command import Running
from tests.servers import programme

pytestmark = pytest.mark.server

EXPECTED = json.loads((golden.folder().parent / "expected.json").read_text())


def test_the_demo_shows_the_console_while_the_golden_history_passes_and_judges_it(tmp_path: Path) -> None:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    file = tmp_path / "demo.json"
    with Running(tmp_path, "demo", "--once", "--json", file) as demo:
        demo.until_it_answers()
        assert {machine["id"] for machine in demo.ask("/v1/machines")["items"]} == {"pump-1", "pump-2", "pump-3"}
        assert "pump-2" in demo.get("/")
        demo.until(lambda: demo.ask("/v1/status")["samples"] > 0)
        assert "pump-2" in demo.get("/machines/pump-2")
        assert demo.wait() == 0
    report = json.loads(file.read_text())
    assert report["readings_stored"] == EXPECTED["samples"]
    assert report["readings_quarantined"] == sum(EXPECTED["quarantined"].values())
    assert report["failures"] == EXPECTED["failures"] == 2
    assert report["caught_12h"] + report["missed"] == 2
    assert report["forecasts_revised"] > 0
    assert f"Console: {demo.url}/" in demo.said
    assert "Traceback" not in demo.said
