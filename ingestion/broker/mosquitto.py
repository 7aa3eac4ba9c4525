"""A mosquitto that this process starts, with a configuration of its own."""

import atexit
import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from foreworn.settings import MqttSettings

_STOP_TIMEOUT = 30.0
_LOCK = "mosquitto.lock"
_CONFIGURATION = """\
# Written by Foreworn at every start; changes are overwritten.
listener {port} {host}
allow_anonymous true
{user}
# What is queued for absent clients survives a stop, and a crash but for the last minute. A device that must not
# lose even that keeps its readings until the platform's own acknowledgement.
persistence true
persistence_location {folder}/
autosave_interval 60

# The collector's window; MQTT 5 clients bring their own receive maximum.
max_inflight_messages {in_flight}
# No limit: past one, mosquitto drops QoS 1 messages without telling anybody.
max_queued_messages 0
# Acknowledgements leave at once instead of waiting 40 ms for company.
set_tcp_nodelay true

log_dest file {folder}/mosquitto.log
log_type error
log_type warning
log_type notice
connection_messages false
"""


class MosquittoBroker:
    """A mosquitto process that ends with this one.

    Parameters
    ----------
    program
        The executable.
    settings
        Where it listens, and the collector's window.
    folder
        For its configuration, its log and what it holds for absent clients; made where missing.
    """

    def __init__(self, program: Path, settings: MqttSettings, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "mosquitto.log"
        configuration = folder / "mosquitto.conf"
        configuration.write_text(configuration_text(settings, folder.resolve()), encoding="utf-8")
        with self._log.open("ab") as log, (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # A session of its own: Ctrl-C must reach it through `stop`, after the collector has gone.
            self._process = subprocess.Popen(
                [program, "-c", configuration],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[lock.fileno()],  # it holds the lock for as long as it lives, whatever becomes of us
            )
            lock.write(str(self._process.pid))
        atexit.register(self.stop)

    @property
    def process_id(self) -> int:
        """The process, for a test that kills it."""
        return self._process.pid

    def problem(self) -> str | None:
        """Return why it ended, or None while it runs."""
        if self._process.poll() is None:
            return None
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return f"mosquitto ended with code {self._process.returncode}: {' / '.join(lines[-3:]) or 'it says nothing'}"

    def stop(self) -> None:
        """Ask it to end, and wait until it has saved what it holds."""
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def end_orphan(folder: Path) -> None:
    """End the mosquitto of a process that was killed and could not; it saves what it holds.

    Parameters
    ----------
    folder
        Where it was started; the caller is the only one who starts brokers there.
    """
    path = folder / _LOCK
    process = int(path.read_text() or 0) if path.exists() else 0
    if not process:
        return
    with path.open() as lock:
        deadline = time.monotonic() + _STOP_TIMEOUT
        while not _is_free(lock.fileno()):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
            time.sleep(0.05)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def configuration_text(settings: MqttSettings, folder: Path) -> str:
    """Return the mosquitto.conf for these settings."""
    # Root's mosquitto would otherwise become the user `mosquitto`, who may not write into our folder.
    user = "user root\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    return _CONFIGURATION.format(
        port=settings.port, host=settings.host, folder=folder, in_flight=settings.in_flight, user=user
    )
