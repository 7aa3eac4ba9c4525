"""The `foreworn` command as a person uses it: run to its end, or left running and asked over HTTP."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from foreworn.cli import main
from tests.servers import free_port

INSTALLED = Path(sys.executable).with_name("foreworn")
ANSWERS_WITHIN = 90.0
_LINK = re.compile(r"http://[^/\s]+(/link/\S+)")
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """What it says on stderr, which has to be one line."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, f"not one line: {self.err!r}"
        return self.last_line

    @property
    def last_line(self) -> str:
        """What it says at last on stderr, after notes and progress."""
        last = self.err.strip().splitlines()[-1]
        assert last.startswith("foreworn: "), f"no reason is given: {self.err!r}"
        return last

    @property
    def words(self) -> str:
        """What it says on stderr, without the frame and the line breaks of a usage error."""
        return " ".join(re.sub("[│╭╮╰╯─]", " ", self.err).split())


class Command:
    """Runs `foreworn ...` in this process, as its entry point does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.data = data
        for name in list(os.environ):
            if name.startswith("FOREWORN_"):
                monkeypatch.delenv(name)
        monkeypatch.setenv("FOREWORN_DATA_DIR", str(data))

    def __call__(self, *arguments: str | Path) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["foreworn", *map(str, arguments)])
        self._capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        said = self._capsys.readouterr()
        return Ended(code, said.out, said.err)


class Running:
    """A `foreworn` process of its own, with a data folder and ports of its own; killed when the block ends."""

    def __init__(self, folder: Path, *arguments: str | Path, log: str = "foreworn.log", **settings: str | int) -> None:
        self.folder = folder
        self.data = folder / "var"
        self.environment = {
            "FOREWORN_DATA_DIR": str(self.data),
            "FOREWORN_MQTT__PORT": str(free_port()),
            "FOREWORN_API__PORT": str(free_port()),
            **{f"FOREWORN_{name}": str(value) for name, value in settings.items()},
        }
        self.mqtt_port = int(self.environment["FOREWORN_MQTT__PORT"])
        self.url = f"http://127.0.0.1:{self.environment['FOREWORN_API__PORT']}"
        self._command = [str(INSTALLED), *map(str, arguments)]
        self._log = folder / log
        self._process: subprocess.Popen[bytes] | None = None
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def start(self) -> None:
        """Start it, again if it has ended."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self.folder, env=_without_settings(self.environment), stdout=log, stderr=log
            )

    def until_it_answers(self, path: str = "/v1/health") -> None:
        """Wait until the console answers; fail with what the process said if it ends before."""
        deadline = time.monotonic() + ANSWERS_WITHIN
        while self._alive.poll() is None and time.monotonic() < deadline:
            try:
                self.get(path)
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        pytest.fail(f"{self.url}{path} does not answer: {self.said[-2000:]}")

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true of the running platform."""
        deadline = time.monotonic() + ANSWERS_WITHIN
        while not true():
            assert self._alive.poll() is None, f"it has ended: {self.said[-2000:]}"
            assert time.monotonic() < deadline, f"it does not come true: {self.said[-2000:]}"
            time.sleep(0.05)

    def get(self, path: str) -> str:
        """Return the page at a path of the console or the API."""
        with self._browser.open(self.url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def log_in(self) -> None:
        """Come in by the newest one-time link that it printed, as a person would."""
        self.until(lambda: _LINK.search(self.said) is not None)
        path = _LINK.findall(self.said)[-1]
        form = dict(_HIDDEN.findall(self.get(path)))
        with self._browser.open(self.url + path, urllib.parse.urlencode(form).encode(), timeout=10) as answer:
            assert answer.url.endswith("/account")

    def ask(self, path: str) -> Any:
        """Return the API's answer."""
        return json.loads(self.get(path))

    def stop(self) -> int:
        """Ask it to end as a service manager does, and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._end(signal.SIGKILL)

    def wait(self) -> int:
        """Wait until it ends by itself and return its exit code."""
        return self._alive.wait(ANSWERS_WITHIN)

    @property
    def said(self) -> str:
        """All it has written to stdout and stderr."""
        return self._log.read_text(errors="replace")

    @property
    def _alive(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "the command was not started"
        return self._process

    def _end(self, how: signal.Signals) -> int:
        self._alive.send_signal(how)
        return self._alive.wait(ANSWERS_WITHIN)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._alive.poll() is None:
            self._end(signal.SIGTERM)


def _without_settings(chosen: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with no settings but the chosen ones."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FOREWORN_")} | dict(chosen)
