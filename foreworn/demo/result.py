"""What acting on the forecasts cost, against other ways of keeping the same plant, with the same luck."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from simulators.people import Accounts
from simulators.plant import Plant, best_age_replacement, perfect_foresight, run_to_failure

PROTOCOL = (
    "Simulated plant. All policies start from the same worn plant and meet the same lives, loads and weather "
    "(common random numbers). cost_policy: the orders that the platform proposed, carried out by simulated people "
    "with crews, stock and lead times; standing still for want of a part is priced, parts in stock are not. "
    "cost_age_replacement: the best age per machine class and component, chosen in hindsight on this very stretch "
    "by exact pricing, one after the other until no move helps, without limits of crew or stock. cost_perfect: "
    "every component replaced just before it would fail, without limits; a policy can cost less only where standing"
    " still is cheap. gap_closed: share of the way from age replacement to perfect foresight. A failure counts as "
    "prevented where the component that was replaced would have failed within twice the horizon, and as replaced "
    "early where it was worn and would have lasted longer; an order is false where its visit found nothing to "
    "replace."
)


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The figures of one run; money in `currency`, over [start, end)."""

    plant: str
    seed: int
    scores: str
    by_hand: bool
    start: datetime
    end: datetime
    currency: str
    failures: int
    failures_prevented: int
    false_orders: int
    replaced_early: int
    work_orders_completed: int
    cost_policy: float
    cost_age_replacement: float
    cost_run_to_failure: float
    cost_perfect: float
    gap_closed: float | None
    stockouts: int
    failures_age_replacement: int
    failures_run_to_failure: int
    forecasts_labelled: int
    jobs_failed: int
    notes: tuple[str, ...]
    peak_memory_mib: float
    protocol: str = PROTOCOL

    def as_json(self) -> dict[str, object]:
        """Return the figures as JSON-able values."""
        return {**asdict(self), "start": self.start.isoformat(), "end": self.end.isoformat()}

    def figures(self) -> dict[str, object]:
        """Return what a person reads, by name."""
        left_out = ("protocol", "start", "end")
        return {name: value for name, value in asdict(self).items() if name not in left_out}


def price(
    before: Plant,
    accounts: Accounts,
    *,
    scores: str,
    by_hand: bool,
    horizon: timedelta,
    end: datetime,
    completed: int,
    labelled: int,
    jobs_failed: int,
    notes: tuple[str, ...],
    peak_memory_mib: float,
) -> DemoResult:
    """Return what the platform's policy cost beside what others would have, from the same plant at the start.

    Parameters
    ----------
    before
        The plant as it was when the policy began; it is not changed.
    accounts
        What the policy cost.
    scores, by_hand, horizon, end
        Whose scores were acted on, whether by a visitor, how far they look, and until when.
    completed, labelled, jobs_failed
        Work orders completed, forecasts that have an outcome, and jobs that the platform could not do.
    notes
        What the plant's past was too little for.
    peak_memory_mib
        The most memory the run held. [MiB]
    """
    run = run_to_failure(before.fork(), end)
    age = best_age_replacement(before.fork(), end)
    perfect = perfect_foresight(before.fork(), end)
    gap = age.cost - perfect.cost
    return DemoResult(
        plant=before.file.name,
        seed=before.seed,
        scores=scores,
        by_hand=by_hand,
        start=before.now,
        end=end,
        currency=before.file.currency,
        failures=accounts.counts["failures"],
        failures_prevented=accounts.prevented(2 * horizon),
        false_orders=accounts.false_orders(),
        replaced_early=accounts.replaced_early(2 * horizon),
        work_orders_completed=completed,
        cost_policy=accounts.cost,
        cost_age_replacement=age.cost,
        cost_run_to_failure=run.cost,
        cost_perfect=perfect.cost,
        gap_closed=(age.cost - accounts.cost) / gap if gap > 0 else None,
        stockouts=accounts.counts["stockouts"],
        failures_age_replacement=age.failures,
        failures_run_to_failure=run.failures,
        forecasts_labelled=labelled,
        jobs_failed=jobs_failed,
        notes=notes,
        peak_memory_mib=peak_memory_mib,
    )
