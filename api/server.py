"""Serves the app: in the calling thread, or in one of its own with start and stop."""

import errno
import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from foreworn.errors import PortInUse

SETTING = "FOREWORN_API__PORT"
_STARTS_WITHIN = 20.0
_STOPS_WITHIN = 10.0


class ConsoleServer:
    """One HTTP server for API and console; the port is ours from construction on.

    Parameters
    ----------
    app
        What answers.
    host, port
        Where to listen; port 0 takes any free one, and `port` says which.

    Raises
    ------
    PortInUse
        If something listens there already.
    """

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._socket = _bound(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=3
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address to open in a browser on this computer."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(self.host, self.host)
        return f"http://{shown}:{self.port}"

    def run(self) -> None:
        """Serve in the calling thread until it is interrupted."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in a thread of its own; returns once requests are answered.

        Raises
        ------
        RuntimeError
            If the server ends before it answers; the log says why.
        """
        self._thread = threading.Thread(target=self.run, name="console", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _STARTS_WITHIN
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the console at {self.url} did not start")
            time.sleep(0.01)

    def stop(self) -> None:
        """Finish the requests that run, then stop; stopping twice is stopping once."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOPS_WITHIN)
            self._thread = None
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def check_port(host: str, port: int) -> None:
    """Make sure that a console could listen there now.

    Raises
    ------
    PortInUse
        If something listens there already.
    """
    _bound(host, port).close()


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve in the calling thread until it is interrupted.

    Raises
    ------
    PortInUse
        If something listens there already.
    """
    ConsoleServer(app, host, port).run()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port, setting=SETTING) from error
        raise
    return listening
