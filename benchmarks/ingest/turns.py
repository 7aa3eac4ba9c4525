"""Turns: the same burst, and the same paced load, for one contender after the other, again and again."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import median

from benchmarks.ingest.bench import DEVICES, Bench, load, send
from benchmarks.ingest.contender import Contender, pause, resume
from benchmarks.ingest.process_cost import cpu_seconds
from simulators.load.plan import LoadFormat
from tests.servers import MosquittoServer

StartContender = Callable[[Bench, MosquittoServer], Contender]
_WARM_UP = 10_000
_PACED_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Work:
    """What a contender is given.

    Parameters
    ----------
    messages
        In the burst.
    batch
        Readings in a message.
    form
        How they are written.
    rate
        Messages a second; None: all of it waits in the broker when the contender begins.
    """

    messages: int
    batch: int = 1
    form: LoadFormat = LoadFormat.JSON
    rate: float | None = None


def take_turn(bench: Bench, start: StartContender, work: Work) -> float:
    """Give one contender, with a broker of its own, its work, and return rows per CPU second.

    What it did before is left out, and a warm-up is before. In a burst it is stopped in its tracks until the broker
    has all of it, so that no contender's batches are small because the generator is slow.

    Raises
    ------
    RuntimeError
        If not exactly the rows that were sent are where they are to be: such a turn does not count.
    """
    warm = _WARM_UP // work.batch // DEVICES * DEVICES
    with bench.broker() as broker, closing(start(bench, broker)) as contender:
        sent = [send(load(port=broker.port, messages=warm, batch=work.batch, form=work.form))]
        contender.wait_for(warm * work.batch)
        plan = load(
            port=broker.port,
            messages=work.messages,
            first_seq=warm // DEVICES * work.batch + 1,
            rate=work.rate,
            batch=work.batch,
            form=work.form,
        )
        before = cpu_seconds(contender.pid)
        if work.rate is None:
            pause(contender)
        try:
            sent.append(send(plan))
        finally:
            resume(contender)
        contender.wait_for((warm + work.messages) * work.batch)
        spent = cpu_seconds(contender.pid) - before
        contender.verify(sent)
    return work.messages * work.batch / spent


def alternate(
    bench: Bench, contenders: Mapping[str, StartContender], work: Work, turns: int, tell: Callable[[str], None]
) -> dict[str, list[float]]:
    """Let contenders take turns, in an order that moves on, and return each one's rows per CPU second by turn."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(turns):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            found[name].append(take_turn(bench, contenders[name], work))
            tell(f"turn {turn + 1}, {name}: {found[name][-1]:,.0f} rows per CPU second")
    return found


def ratio(name: str, ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Return the median of the turns' ratios under this name, and the least and the greatest."""
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    return {name: median(ratios), f"{name}_low": min(ratios), f"{name}_high": max(ratios)}


def spread(name: str, found: Sequence[float]) -> dict[str, float]:
    """Return a figure's median under this name, and its least and greatest."""
    return {name: median(found), f"{name}_low": min(found), f"{name}_high": max(found)}


def paced(rate: float) -> Work:
    """Return ten seconds' work at a steady rate."""
    return Work(int(rate * _PACED_SECONDS) // DEVICES * DEVICES, rate=rate)
