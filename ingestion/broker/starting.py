"""Starts the MQTT broker for the user, or checks that theirs answers."""

import errno
import os
import shutil
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from foreworn.errors import BrokerUnavailable, ConfigurationError, PortInUse
from foreworn.settings import BrokerKind, MqttSettings
from ingestion.broker.embedded import EmbeddedBroker
from ingestion.broker.mosquitto import MosquittoBroker, end_orphan
from ingestion.session.handshake import spoken_protocol

_START_TIMEOUT = timedelta(seconds=20)


class RunningBroker:
    """A broker that answers; stop it, or use it as a context manager.

    Parameters
    ----------
    kind
        What it is: mosquitto, embedded or external.
    host, port
        Where it answers.
    stop
        Ends it; an external one is left alone.
    problem
        Tells why it ended, or None while it runs; whether an external one runs is not ours to know.
    """

    def __init__(
        self,
        kind: BrokerKind,
        host: str,
        port: int,
        stop: Callable[[], None],
        problem: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.kind, self.host, self.port = kind, host, port
        self._stop, self._problem = stop, problem

    @property
    def failed(self) -> BrokerUnavailable | None:
        """Why the broker that was started here is gone, or None; the process ought to exit with an error."""
        why = self._problem()
        return None if why is None else BrokerUnavailable(self.host, self.port, f"{why}; it was started here")

    def stop(self) -> None:
        """End it; what a mosquitto holds for absent clients is on disk when this returns."""
        self._stop()

    def __enter__(self) -> "RunningBroker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_broker(settings: MqttSettings, folder: Path) -> RunningBroker:
    """Start a broker, or find the one that runs, and return when it answers.

    Parameters
    ----------
    settings
        Which broker, and where.
    folder
        Where a mosquitto keeps its configuration, its log and what it holds for absent clients.

    Raises
    ------
    PortInUse
        If something listens there already.
    ConfigurationError
        If mosquitto is asked for and is not installed, or the host is not an address of this machine.
    BrokerUnavailable
        If it does not answer.
    """
    if settings.broker is BrokerKind.EXTERNAL:
        spoken_protocol(settings)
        return RunningBroker(BrokerKind.EXTERNAL, settings.host, settings.port, _leave_alone)
    program = None if settings.broker is BrokerKind.EMBEDDED else find_mosquitto()
    if program is None and settings.broker is BrokerKind.MOSQUITTO:
        raise ConfigurationError(
            "mosquitto is not on PATH: install it, or set FOREWORN_MQTT__BROKER=embedded for the built-in broker"
        )
    end_orphan(folder)
    _check_free(settings)
    if program is not None:
        mosquitto = MosquittoBroker(program, settings, folder)
        return _answering(BrokerKind.MOSQUITTO, settings, mosquitto.stop, mosquitto.problem)
    embedded = EmbeddedBroker(settings.host, settings.port)
    return _answering(BrokerKind.EMBEDDED, settings, embedded.stop, embedded.problem)


def find_mosquitto() -> Path | None:
    """Return the mosquitto program on PATH, or where systems put what only root has on PATH; None if missing."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("mosquitto", path=places)
    return None if found is None else Path(found)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port that nobody listens on just now."""
    with socket.create_server((host, 0)) as listener:
        return int(listener.getsockname()[1])


def _check_free(settings: MqttSettings) -> None:
    try:
        with socket.create_server((settings.host, settings.port)):
            return
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(settings.host, settings.port, setting="FOREWORN_MQTT__PORT") from error
        raise ConfigurationError(
            f"a broker cannot listen on {settings.host}:{settings.port} ({error.strerror or error}): set "
            "FOREWORN_MQTT__HOST to an address of this machine, or FOREWORN_MQTT__BROKER=external if it runs elsewhere"
        ) from error


def _answering(
    kind: BrokerKind, settings: MqttSettings, stop: Callable[[], None], problem: Callable[[], str | None]
) -> RunningBroker:
    deadline = time.monotonic() + _START_TIMEOUT.total_seconds()
    while True:
        try:
            spoken_protocol(settings)
            return RunningBroker(kind, settings.host, settings.port, stop, problem)
        except BrokerUnavailable as error:
            why = problem()
            if why is None and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            stop()
            raise BrokerUnavailable(settings.host, settings.port, why or error.why) from error


def _leave_alone() -> None:
    """Do nothing: an external broker is somebody else's to stop."""
