"""An outcome as one flat line, so that processes can hand it on, and the figures of many."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from benchmarks.faults.run import Outcome
from benchmarks.faults.schedule import FaultKind, StoreKind

_SHOWN = 5
_LOG = 3000


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one schedule, in numbers and words.

    Parameters
    ----------
    number, schedule, store, broker_may_die, small_queue
        Which it was.
    fired
        By kind of fault, how often it really took effect.
    sent, acknowledged, stored, refused, lost, duplicated, invented, wrong
        As in `Verdict`, counted.
    recovery
        As in `Outcome`; None if everything was not drained in time. [s]
    exits
        Last words of the collector where it ended by itself.
    exit_code, redelivered, broker_dropped
        As in `Outcome`.
    examples
        Some readings for which the ledgers and the store differ.
    log
        The end of what the collector said, where something is wrong.
    """

    number: int
    schedule: str
    store: str
    broker_may_die: bool
    small_queue: bool
    fired: dict[str, int]
    sent: int
    acknowledged: int
    stored: int
    refused: int
    lost: int
    duplicated: int
    invented: int
    wrong: int
    recovery: float | None
    exits: list[str]
    exit_code: int
    redelivered: int
    broker_dropped: bool
    examples: list[str]
    log: str

    @property
    def is_good(self) -> bool:
        """Whether it was exact, came to an end, and the collector ended as it was asked to."""
        exact = not (self.lost or self.duplicated or self.invented or self.wrong)
        return exact and self.recovery is not None and self.exit_code == 0

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        took = ", ".join(f"{kind} {count}" for kind, count in sorted(self.fired.items()))
        recovered = "never drained" if self.recovery is None else f"drained in {self.recovery:.1f} s"
        said = "exact" if self.is_good else f"NOT EXACT: {self._faults()}"
        return f"{self.number}: {said}, {self.acknowledged} acknowledged, {recovered}; {took}"

    def _faults(self) -> str:
        counts = {name: getattr(self, name) for name in ("lost", "duplicated", "invented", "wrong", "exit_code")}
        told = [f"{name} {count}" for name, count in counts.items() if count]
        return ", ".join([*told, *self.examples]) or "not drained"


def result_of(outcome: Outcome) -> Result:
    """Return an outcome's numbers."""
    verdict, schedule = outcome.verdict, outcome.schedule
    differing = {name: getattr(verdict, name) for name in ("lost", "duplicated", "invented", "wrong")}
    return Result(
        number=schedule.number,
        schedule=str(schedule),
        store=schedule.store,
        broker_may_die=schedule.broker_may_die,
        small_queue=schedule.small_queue,
        fired={kind.title: count for kind, count in outcome.fired.items()},
        sent=verdict.sent,
        acknowledged=verdict.acknowledged,
        stored=verdict.stored,
        refused=verdict.refused,
        **{name: len(keys) for name, keys in differing.items()},
        recovery=outcome.recovery,
        exits=[f"code {exit.code}: {exit.said}" for exit in outcome.exits],
        exit_code=outcome.exit_code,
        redelivered=outcome.redelivered,
        broker_dropped=outcome.broker_dropped,
        examples=[f"{name} {key}" for name, keys in differing.items() for key in keys[:_SHOWN]],
        log="" if outcome.is_good else outcome.collector_log[-_LOG:],
    )


def figures(results: Sequence[Result], asked: int) -> dict[str, float | int]:
    """Return totals, recovery times, and how often each kind of fault really took effect.

    Parameters
    ----------
    results
        Of the schedules that came to an end.
    asked
        How many schedules there ought to have been: those without a result broke down, or their lane did.
    """
    fired: Counter[str] = Counter()
    for result in results:
        fired.update(result.fired)
    return {
        "asked": asked,
        "schedules": len(results),
        "broke_down": asked - len(results),
        **{f"schedules_on_{store}": sum(r.store == store for r in results) for store in StoreKind},
        "schedules_with_plain_devices": sum(not r.broker_may_die for r in results),
        "schedules_whose_broker_may_die": sum(r.broker_may_die for r in results),
        "schedules_with_a_small_queue": sum(r.small_queue for r in results),
        "schedules_whose_broker_dropped": sum(r.broker_dropped for r in results),
        "sent": sum(r.sent for r in results),
        "acknowledged": sum(r.acknowledged for r in results),
        "stored": sum(r.stored for r in results),
        "quarantined_store_refused": sum(r.refused for r in results),
        "lost": sum(r.lost for r in results),
        "duplicated": sum(r.duplicated for r in results),
        "wrong_values": sum(r.wrong for r in results),
        "invented": sum(r.invented for r in results),
        "not_drained": sum(r.recovery is None for r in results),
        "unclean_ends": sum(r.exit_code != 0 for r in results),
        "collector_gave_up": sum(len(r.exits) for r in results),
        "redelivered_packets": sum(r.redelivered for r in results),
        **_recovery([r.recovery for r in results if r.recovery is not None]),
        **{f"fired_{kind.title}": fired[kind.title] for kind in FaultKind},
    }


def _recovery(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]
    return {"recovery_p50_s": median(ordered), "recovery_p95_s": p95, "recovery_max_s": ordered[-1]}
