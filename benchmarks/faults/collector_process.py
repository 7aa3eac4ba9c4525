"""`foreworn collect` as an operator runs it: started again whenever it ends by itself."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

_LISTENING: Final = b"Collecting from"
_LOOK = 0.02
_STOPS_WITHIN = 20.0
_AFTER = (0.1, 0.8)
CLOCK_VARIABLE: Final = "FAULTS_CLOCK"
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
COMMAND: Final = (sys.executable, "-m", "benchmarks.faults.collect", "collect")
"""`foreworn collect`, on a clock that may be set wrong."""


@dataclass(frozen=True, slots=True)
class Exit:
    """An end the collector came to by itself.

    Parameters
    ----------
    at
        Monotonic time. [s]
    code
        What it told the system.
    said
        Its last line.
    """

    at: float
    code: int
    said: str


class CollectorProcess:
    """One `foreworn collect` at a time, supervised.

    Parameters
    ----------
    environment
        Its settings.
    log
        Where it writes what it has to say.
    bytecode
        Where compiled modules are kept from one start to the next, if this process may not keep them.
    seed
        Of the pauses before it is started again.
    command
        What is started.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path,
        *,
        bytecode: Path,
        seed: int = 0,
        command: Sequence[str] = COMMAND,
    ) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FOREWORN_")}
        if kept.pop(_NO_BYTECODE, ""):
            # As where it is installed: a process that has to compile every module takes ten seconds to start.
            kept["PYTHONPYCACHEPREFIX"] = str(bytecode)
        self._environment = kept | dict(environment)
        self._command = list(command)
        self._log = log
        self._dice = random.Random(seed)
        self._process: subprocess.Popen[bytes] | None = None
        self._from = 0
        self._killed = False
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self.exits: list[Exit] = []
        """Ends it came to by itself, in order."""
        self.starts = 0
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self._supervisor.start()

    @property
    def is_collecting(self) -> bool:
        """Whether it says that it listens."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        with self._log.open("rb") as log:
            log.seek(self._from)
            return _LISTENING in log.read()

    def start(self, within: float = 120.0) -> None:
        """Start it, and wait until it listens.

        Raises
        ------
        TimeoutError
            If it does not; the message ends with its log.
        """
        self._wanted.set()
        deadline = time.monotonic() + within
        while not self.is_collecting:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the collector did not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(_LOOK)

    def stop(self) -> int:
        """Ask it to end, leave it ended, and return its exit code."""
        self._wanted.clear()
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        try:
            return process.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return -signal.SIGKILL

    def kill(self) -> bool:
        """Kill it as a power cut would, and tell whether that is what it died of; it is started again."""
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None:
                return False
            self._killed = True
            process.kill()
            return process.wait() == -signal.SIGKILL

    def end(self) -> None:
        """Kill it, and leave it ended."""
        self._wanted.clear()
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def freeze(self) -> bool:
        """Stop it in its tracks, and tell whether it stands still."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                return False
            self._process.send_signal(signal.SIGSTOP)
            return stands_still(self._process.pid)

    def thaw(self) -> None:
        """Let it go on."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.send_signal(signal.SIGCONT)

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def close(self) -> None:
        """End it and its supervisor."""
        self._closing.set()
        self._wanted.set()
        self._supervisor.join()
        self._wanted.clear()
        self.stop()

    def __enter__(self) -> "CollectorProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _supervise(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait()
            with self._lock:
                process = self._process
                if self._wanted.is_set() and not self._closing.is_set() and process is None:
                    self._launch()
            if process is not None and process.poll() is not None:
                self._bury(process)
            self._closing.wait(_LOOK)

    def _launch(self) -> None:
        with self._log.open("ab") as log:
            self._from = log.tell()
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.starts += 1

    def _bury(self, process: "subprocess.Popen[bytes]") -> None:
        if not self._killed:
            lines = self._log.read_text(errors="replace").strip().splitlines()
            self.exits.append(Exit(time.monotonic(), process.returncode, lines[-1] if lines else ""))
        self._closing.wait(self._dice.uniform(*_AFTER))
        with self._lock:
            self._killed = False
            if self._process is process:
                self._process = None


def stands_still(process: int, within: float = 1.0) -> bool:
    """Tell whether the system says that a process is stopped."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "T":
            return True
        time.sleep(_LOOK / 4)
    return False
