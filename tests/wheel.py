"""`python -m tests.wheel`: the wheel holds all it needs; it is installed in an empty environment and started."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

from tests.servers import free_port

ROOT = Path(__file__).parents[1]
STARTS_WITHIN = 60.0


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def _built(folder: Path) -> Path:
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _constraints(folder: Path) -> Path:
    """Write the lock's versions without its hashes, which pip would ask of the wheel too."""
    file = folder / "constraints.txt"
    lines = re.findall(r"^([A-Za-z0-9][^\\\n]*==[^\\\n]*?)\s*\\?$", (ROOT / "requirements.lock").read_text(), re.M)
    file.write_text("\n".join(lines) + "\n")
    return file


def _installed(folder: Path, wheel: Path) -> Path:
    """Install the wheel and what it depends on, nothing else, and return the folder of its commands."""
    venv.create(folder / "venv", with_pip=True)
    bin = folder / "venv" / "bin"
    pip = (bin / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--constraint", _constraints(folder), wheel, cwd=folder)
    return bin


def _answer(url: str, process: "subprocess.Popen[bytes]") -> bytes:
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError(f"nothing answered at {url}; exit code {process.poll()}")


def _started_and_stopped(command: Path, folder: Path) -> None:
    """Start the whole platform, ask its API and its console, and end it as Ctrl-C does."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FOREWORN_", "PYTHON"))}
    environment |= {
        "FOREWORN_DATA_DIR": str(folder / "var"),
        "FOREWORN_MQTT__BROKER": "embedded",
        "FOREWORN_MQTT__PORT": str(free_port()),
        "FOREWORN_API__PORT": str(port),
    }
    process = subprocess.Popen([str(command), "up"], cwd=folder, env=environment)
    try:
        paths = json.loads(_answer(f"http://127.0.0.1:{port}/v1/openapi.json", process))["paths"]
        assert paths, "the API has no paths"
        assert b"<html" in _answer(f"http://127.0.0.1:{port}/", process), "the console is not a page"
        process.send_signal(signal.SIGINT)
        code = process.wait(STARTS_WITHIN)
        assert code == 0, f"foreworn up ended with exit code {code} on Ctrl-C"
    finally:
        process.kill()
        process.wait()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="foreworn-wheel-") as name:
        folder = Path(name)
        wheel = _built(folder)
        bin = _installed(folder, wheel)
        print(f"{wheel.name} is installed: {_run(bin / 'foreworn', '--version', cwd=folder).strip()}", flush=True)
        _started_and_stopped(bin / "foreworn", folder)
        print("foreworn up: API and console answered, and it stopped on Ctrl-C")


if __name__ == "__main__":
    main()
