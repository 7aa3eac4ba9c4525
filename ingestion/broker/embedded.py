"""The broker in this process: amqtt, for demos. MQTT 3.1.1 only, nothing is kept over a disconnect."""

import asyncio
import contextlib
import logging
import threading

from amqtt.broker import Broker

_TIMEOUT = 30.0


class EmbeddedBroker:
    """An amqtt broker on a thread of its own; anonymous, silent.

    Parameters
    ----------
    host, port
        Where it listens.
    """

    def __init__(self, host: str, port: int) -> None:
        _silence()
        self._configuration = {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_wanted: asyncio.Event | None = None
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._main, name="foreworn-embedded-broker", daemon=True)
        self._thread.start()
        self._started.wait(_TIMEOUT)

    def problem(self) -> str | None:
        """Return why it ended, or None while it runs."""
        return self._problem

    def stop(self) -> None:
        """End it and wait until its thread has."""
        if self._loop is not None and self._stop_wanted is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop_wanted.set)
        self._thread.join(_TIMEOUT)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            self._problem = f"the embedded broker ended: {error}"
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop_wanted = asyncio.get_running_loop(), asyncio.Event()
        broker = _TidyBroker(self._configuration, loop=self._loop)
        await broker.start()
        self._started.set()
        await self._stop_wanted.wait()
        await broker.shutdown()


class _TidyBroker(Broker):  # type: ignore[misc]  # amqtt publishes no types
    """amqtt's broker, which by itself leaves connections open when it is stopped."""

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        # Cancelled means that the broker ends: passed on, asyncio would print it as an error.
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await super().stream_connected(reader, writer, listener_name)
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()


def _silence() -> None:
    for name in ("amqtt", "transitions"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
