"""A short run of every fuzzer, always the same; longer ones are for people: `python -m tests.fuzz.NAME`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "runs", "longest"),
    [
        pytest.param("line_protocol", 2000, 512, id="line_protocol"),
        pytest.param("native_json", 2000, 512, id="native_json"),
        pytest.param("reception", 2000, 512, id="reception"),
        pytest.param("framing", 2000, 512, id="framing"),
        pytest.param("two_roads", 2000, 512, id="two_roads"),
        # A random walk does not find depth and size on its own: it starts from them.
        pytest.param("forwarding", 150, 65_536, id="forwarding"),
    ],
)
def test_a_short_run_of_the_fuzzer_finds_nothing(name: str, runs: int, longest: int, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this Python or system", exc_type=ImportError)
    done = subprocess.run(
        [sys.executable, "-m", f"tests.fuzz.{name}", "-seed=1", f"-runs={runs}", f"-max_len={longest}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # The fuzzer counts between its steps, and a step may be several inputs: it does what was asked, or more.
    finished = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert finished is not None, done.stderr[-3000:]
    assert int(finished[1]) >= runs


def test_the_fuzzer_notices_a_decoder_that_raises(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has no wheel for this Python or system", exc_type=ImportError)
    broken = (
        "from tests.fuzz.harness import fuzz\n"
        "def build():\n"
        "    def check(data):\n"
        "        assert data != b'seed'\n"
        "    return check\n"
        "fuzz(build, [b'seed'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken, "-runs=10"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert [path.read_bytes() for path in tmp_path.glob("crash-*")] == [b"seed"]
