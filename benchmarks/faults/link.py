"""A TCP proxy whose connections can be cut, slowed down, frozen, or robbed of what goes one way."""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from enum import Enum
from types import TracebackType
from typing import Any, TypeVar

from benchmarks.faults.packets import PUBACK, PacketCounter

_READ = 65536
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: nothing that is left is sent
_SLOWEST_PIECE = 24
_SLOW_PAUSE = 0.002

_Result = TypeVar("_Result")


class Weather(Enum):
    """What a link does to what goes over it."""

    CLEAR = "clear"
    SLOW = "slow"
    """Passes a few bytes at a time."""
    SILENT = "silent"
    """Half open: connections stand, and nothing gets through, either way."""
    DEAF = "deaf"
    """What the connecting side sends is lost, what it is sent arrives; such connections are cut afterwards."""
    MUTE = "mute"
    """What the connecting side is sent is lost, what it sends arrives; such connections are cut afterwards."""


class LinkLoop:
    """The event loop of all links of a process, on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="links", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, _Result]) -> _Result:
        """Run on the loop, and wait for the result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=30)

    def close(self) -> None:
        """End the loop; links are closed before."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class FaultyLink:
    """A port that leads to another, in any weather.

    Parameters
    ----------
    loop
        Where it runs.
    target
        The TCP port on this machine that it leads to.
    seed
        Of where slow pieces are cut.
    """

    def __init__(self, loop: LinkLoop, target: int, seed: int = 0) -> None:
        self._loop = loop
        self._target = target
        self._dice = random.Random(seed)
        self._weather = Weather.CLEAR
        self._changed = asyncio.Event()
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.opened = 0
        """Connections ever made."""
        self.slowed_bytes = 0
        self.held = 0
        """Pieces that were held back by silence."""
        self.lost_pubacks = 0
        self.redelivered = 0
        """PUBLISH packets towards the connecting side that say they are sent again."""
        self.at_puback: Callable[[], object] | None = None
        """Called once, between reading the connecting side's next PUBACK of a message that came for the first time, and
        passing it on; on the loop's thread."""
        self._server = loop.run(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def set(self, weather: Weather) -> None:
        """Change the weather; connections that have lost bytes are cut."""
        self._loop.run(self._set(weather))

    def cut(self, *, abruptly: bool = True) -> int:
        """Cut every connection and return how many there were.

        Parameters
        ----------
        abruptly
            With a reset that throws away what is on the way, instead of an orderly end.
        """
        return self._loop.run(self._cut(abruptly))

    @property
    def connected(self) -> int:
        """How many connections stand."""
        return len(self._connections)

    def close(self) -> None:
        """Cut what stands and listen no more."""
        self._loop.run(self._close())

    def __enter__(self) -> "FaultyLink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # On the loop.

    async def _set(self, weather: Weather) -> None:
        was, self._weather = self._weather, weather
        self._changed.set()
        self._changed = asyncio.Event()
        if was in (Weather.DEAF, Weather.MUTE):
            for connection in [c for c in self._connections if c.is_robbed]:
                connection.abort()

    async def _cut(self, abruptly: bool) -> int:
        standing = list(self._connections)
        for connection in standing:
            connection.abort() if abruptly else connection.end()
        return len(standing)

    async def _close(self) -> None:
        self._server.close()
        await self._cut(True)
        self._changed.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onwards = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # nobody there: the connecting side is to see a refusal
            writer.transport.abort()
            return
        connection = _Connection(writer, onwards[1])
        self._connections.add(connection)
        self.opened += 1
        ways = [(reader, onwards[1], True), (onwards[0], writer, False)]
        pumps = [asyncio.create_task(self._pump(connection, *way)) for way in ways]
        self._tasks.update(pumps)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            connection.end()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._tasks.difference_update(pumps)
            self._connections.discard(connection)

    async def _pump(
        self, connection: "_Connection", reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upwards: bool
    ) -> None:
        packets = PacketCounter()
        try:
            while data := await reader.read(_READ):
                pubacks, redelivered = packets.counts[PUBACK], packets.redelivered
                packets.feed(data)
                while self._weather is Weather.SILENT:
                    self.held += 1
                    await self._changed.wait()
                if self._weather is (Weather.DEAF if upwards else Weather.MUTE):
                    connection.is_robbed = True
                    self.lost_pubacks += packets.counts[PUBACK] - pubacks
                    continue
                if upwards:
                    self._notice_pubacks(connection, pubacks, packets.counts[PUBACK])
                else:
                    connection.redelivered += packets.redelivered - redelivered
                    self.redelivered += packets.redelivered - redelivered
                await self._send(data, writer)
        except OSError:
            pass  # the other side is gone, which is what this is for

    def _notice_pubacks(self, connection: "_Connection", before: int, now: int) -> None:
        """Act on the first PUBACK that is not of a redelivered message: those come, and are acknowledged, first."""
        act = self.at_puback
        if act is not None and now > max(before, connection.redelivered):
            self.at_puback = None
            act()

    async def _send(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        while self._weather is Weather.SLOW and data:
            piece = data[: self._dice.randint(1, _SLOWEST_PIECE)]
            self.slowed_bytes += len(piece)
            writer.write(piece)
            await writer.drain()
            data = data[len(piece) :]
            await asyncio.sleep(_SLOW_PAUSE)
        writer.write(data)
        await writer.drain()


class _Connection:
    """Both halves of one connection."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self._halves = (near, far)
        self.is_robbed = False
        self.redelivered = 0

    def abort(self) -> None:
        """End it with a reset."""
        for half in self._halves:
            with suppress(OSError):  # it has ended by itself
                half.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            half.transport.abort()

    def end(self) -> None:
        for half in self._halves:
            half.close()
