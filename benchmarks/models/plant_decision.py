"""What acting on a failure model costs on simulated plants, where acting really changes what comes.

Each plant is run to failure for a year, mended, and learned from. Then it goes on: every half day the platform's
own appraisal weighs the forecasts, and what it orders is done a lead time later, or the component fails before. The
same stretch, with the same lives, loads and weather, is lived again under running to failure, under the best ages,
and under perfect foresight. Unlike `python -m benchmarks.demo` nothing goes over MQTT and nobody has crews or stock:
what is priced is the model and the rule, and a run takes a minute, so that they can be made worse on purpose.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from statistics import fmean
from typing import Final

import numpy as np
import pyarrow as pa

from benchmarks.report import BenchmarkReport
from foreworn.demo.season import BEGIN, PAST, simulated_past
from foreworn.demo.shuffled_model import ShuffledModel
from foreworn.economics.cost_table import ComponentCost, CostTable
from foreworn.economics.decision_backtest import gap_closed
from foreworn.economics.weibull_life import WeibullLife
from foreworn.fleet.history import FleetHistory, RecordedFleet
from foreworn.health.failure_model import FailureModel
from foreworn.loop.appraisal import Appraisal
from foreworn.loop.pricing import PricingSettings, recorded_lives
from foreworn.loop.pricing.decisions import ALWAYS, Terms
from foreworn.loop.pricing.told import thirds, without_signals
from foreworn.loop.pricing.unit_folds import bases_of
from foreworn.loop.survey import CHANGED_MIND
from foreworn.telemetry.signal import SignalType
from models.failure import GradientBoostedFailureModel, train
from simulators.plant import Plant, PlantFile, best_age_replacement, perfect_foresight, run_to_failure
from simulators.plant.period import Failure, Period, events_table, telemetry_table
from simulators.plant.plant import Replacement
from simulators.plant.policies import Ledger, Priced
from simulators.plant.simulate import failures_table, maintenance_table

SETTLING: Final = timedelta(days=3)
LEAST_SAVING: Final = 100.0
FEWEST_FAILURES: Final = 6
"""As the demo has them."""
LOOK: Final = 2.0
"""Lead times that are weighed here, where a visit that finds nothing costs a look and no life: of 1.25, 1.5 and 2 the
best on the plant of seed 101."""
RATIOS: Final = (3.0, 10.0, 20.0)
RESAMPLES: Final = 10_000

Seat = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Learned:
    """A plant at the moment it goes on, and what was learned of its past."""

    plant: Plant
    past: RecordedFleet
    model: GradientBoostedFailureModel
    bases: dict[str, WeibullLife]


def learn(file: PlantFile, seed: int, settings: PricingSettings) -> Learned:
    """Run a plant to failure for a year and train on it."""
    plant, past = simulated_past(file, seed, on_progress=lambda _: None)
    model = train(
        past.history,
        until=plant.now,
        horizon=settings.terms().horizon,
        settings=settings.model(),
        leave_out={s.name for _, s in past.catalogue if s.type is SignalType.COUNTER},
    )
    lives = recorded_lives(past.history)
    return Learned(plant, past, model, bases_of(lives.priced, lives))


class Acting:
    """A plant that is kept by a model's orders.

    Parameters
    ----------
    plant
        Goes on from where it is.
    learned
        Its past, and how long components last.
    model
        Whose forecasts are weighed.
    terms, every
        What decisions rest on, and how often they are made.
    silent
        Signals that are not heard any more.
    """

    def __init__(
        self,
        plant: Plant,
        learned: Learned,
        model: FailureModel,
        terms: Terms,
        *,
        every: timedelta,
        silent: Sequence[str] = (),
    ) -> None:
        self._plant, self._learned, self._model, self._terms = plant, learned, model, terms
        self._every, self._silent = every, silent
        self._machines = {machine.id: machine for machine in plant.machines}
        self._ledger = Ledger(plant)
        self._jobs: dict[Seat, datetime] = {}
        self._left: dict[Seat, tuple[datetime, float]] = {}
        self._periods: list[Period] = []
        self._failures: list[Failure] = []
        self._replaced: list[Replacement] = []

    def until(self, end: datetime) -> Priced:
        """Keep the plant until `end` and return what that cost."""
        plant, weighed_at = self._plant, self._plant.now + self._plant.step
        while plant.now < end:
            self._do_what_is_due()
            if plant.now >= weighed_at:
                self._weigh()
                weighed_at += self._every
            then = min([weighed_at, end, *self._jobs.values()])
            steps = max(1, -(-(then - plant.now) // plant.step))
            self._note(plant.advance(steps, until_failure=True), end)
        return self._ledger.priced()

    def _note(self, period: Period, end: datetime) -> None:
        self._periods.append(period)
        oldest = period.end - self._model.lookback - timedelta(days=1)
        self._periods = [p for p in self._periods if p.end > oldest]
        for failure in period.failures:
            self._failures.append(failure)
            self._jobs[failure.machine, failure.component] = failure.time + self._cost(failure).unplanned_downtime
            if failure.time < end:
                self._ledger.failed(failure.machine, failure.component)

    def _do_what_is_due(self) -> None:
        for (machine, component), due in sorted(self._jobs.items(), key=lambda job: job[1]):
            if due <= self._plant.now:
                del self._jobs[machine, component]
                self._do(machine, component)

    def _do(self, machine: str, component: str) -> None:
        """Replace what has failed or is worn; what looks sound is left in, as the simulated technicians do."""
        found = self._plant.condition(machine, component)
        if not found.failed and not found.worn:
            self._ledger.inspected(machine, component)
            return
        cost = self._plant.costs.of(self._machines[machine].model, component)
        standstill = timedelta(0) if found.failed else cost.planned_downtime
        self._replaced.append(self._plant.replace(machine, component, standstill=standstill))
        self._left.pop((machine, component), None)
        if not found.failed:
            self._ledger.replaced(machine, component)

    def _weigh(self) -> None:
        """Order what the platform's appraisal finds worth more than waiting."""
        now, said_at = self._plant.now, self._plant.now - self._plant.step  # a reading bears the begin of its step
        history = self._history(now)
        rows = [(machine, said_at) for machine in sorted(self._machines)]
        for forecast in self._model.forecast(history, rows, issued_at=now, horizons=[self._terms.horizon]):
            seat = forecast.machine, forecast.component
            machine = self._machines[forecast.machine]
            base = self._learned.bases.get(f"{machine.model}/{forecast.component}")
            settled = now - self._plant.installed_at(*seat) >= self._terms.settling
            if base is None or seat in self._jobs or not settled:
                continue
            cost = self._plant.costs.of(machine.model, forecast.component)
            currency = self._plant.costs.currency
            appraisal = Appraisal(machine, forecast.component, [forecast], cost, currency, base, ALWAYS, now)
            found = appraisal.opportunity(ready=now + self._terms.lead)
            if found.saving > max(self._terms.least_saving, self._asked_for(seat, now)):
                self._jobs[seat] = found.evidence.act_at
                self._left[seat] = (said_at + self._terms.horizon, found.saving)

    def _asked_for(self, seat: Seat, now: datetime) -> float:
        """Return what must be saved to look again at what was left in, until its forecast's time is over."""
        until, saving = self._left.get(seat, (now, 0.0))
        return CHANGED_MIND * saving if now < until else 0.0

    def _history(self, now: datetime) -> FleetHistory:
        """Return what is known: all work and failures, and the last readings."""
        past = self._learned.past.history
        recent = past.between(now - self._model.lookback - timedelta(days=1), now)
        order = [("machine", "ascending"), ("time", "ascending")]
        telemetry = pa.concat_tables([recent.telemetry, telemetry_table(self._periods)], promote_options="default")
        events = pa.concat_tables([recent.events, events_table(self._periods)])
        done = maintenance_table([_record(r) for r in self._replaced])
        history = FleetHistory(
            past.machines,
            telemetry.sort_by(order),
            events.sort_by([*order, ("code", "ascending")]),
            pa.concat_tables([past.maintenance, done]).sort_by([*order, ("component", "ascending")]),
            pa.concat_tables([past.failures, failures_table(self._failures)]).sort_by(
                [*order, ("component", "ascending")]
            ),
        )
        return without_signals(history, self._silent)

    def _cost(self, failure: Failure) -> ComponentCost:
        return self._plant.costs.of(self._machines[failure.machine].model, failure.component)


def _record(done: Replacement) -> dict[str, object]:
    return {
        "time": done.time,
        "machine": done.machine,
        "component": done.component,
        "action": "replaced",
        "kind": done.kind,
    }


@dataclass(frozen=True, slots=True)
class Compared:
    """One plant's stretch under all policies."""

    model: Priced
    best_age: Priced
    run_to_failure: Priced
    perfect: Priced

    @property
    def gap_closed(self) -> float:
        """From the best ages in hindsight to perfect foresight."""
        return gap_closed(self.model.cost, age=self.best_age.cost, known=self.perfect.cost)


def one_plant(
    seed: int, *, file: PlantFile, settings: PricingSettings, days: int, with_sensitivity: Sequence[int]
) -> dict[str, Compared]:
    """Return what the stretch cost under all policies, and, for some seeds, with the model made worse."""
    learned = learn(file, seed, settings)
    end = learned.plant.now + timedelta(days=days)
    plain = _twins(learned.plant, end)
    found = {"model": _acted(learned, learned.model, settings.terms(), settings, end, plain)}
    if seed not in with_sensitivity:
        return found
    stranger = ShuffledModel(learned.model, learned.plant.machines, seed=seed)
    found["shuffled"] = _acted(learned, stranger, settings.terms(), settings, end, plain)
    for name, factor in (("lead_half", 0.5), ("lead_double", 2.0)):
        found[name] = _acted(learned, learned.model, settings.terms(factor), settings, end, plain)
    silent = [
        _acted(learned, learned.model, settings.terms(), settings, end, plain, silent=third)
        for third in thirds(learned.model, learned.past.history)
    ]
    found["third_of_signals_silent"] = max(silent, key=lambda one: one.model.cost)
    for ratio in RATIOS:
        dearer = _at_ratio(learned, ratio)
        twins = _twins(dearer.plant, end)
        found[f"ratio_{ratio:g}"] = _acted(dearer, learned.model, settings.terms(), settings, end, twins)
    return found


def _twins(plant: Plant, end: datetime) -> tuple[Priced, Priced, Priced]:
    return (
        best_age_replacement(plant.fork(), end),
        run_to_failure(plant.fork(), end),
        perfect_foresight(plant.fork(), end),
    )


def _acted(
    learned: Learned,
    model: FailureModel,
    terms: Terms,
    settings: PricingSettings,
    end: datetime,
    twins: tuple[Priced, Priced, Priced],
    *,
    silent: Sequence[str] = (),
) -> Compared:
    acting = Acting(learned.plant.fork(), learned, model, terms, every=settings.decided_every, silent=silent)
    return Compared(acting.until(end), *twins)


def _at_ratio(learned: Learned, ratio: float) -> Learned:
    """Return the same plant where every breakdown costs so many planned replacements, and standing still nothing."""
    plant = learned.plant.fork()
    keys = {(seat.class_name, seat.component) for seat in plant.roster.seats}
    rows = {}
    for key in sorted(keys):
        cost = plant.costs.of(*key)
        planned = cost.planned
        rows[key] = replace(cost, preventive=planned, failure=ratio * planned, downtime_per_hour=0.0)
    plant.costs = CostTable(rows, plant.costs.currency)
    return replace(learned, plant=plant)


def measure(
    file: PlantFile,
    *,
    name: str,
    plants: int,
    seed: int,
    days: int,
    settings: PricingSettings,
    sensitivity: int,
    jobs: int = 1,
) -> BenchmarkReport:
    """Live `plants` plants of seeds from `seed` on; with the first `sensitivity` of them, the model made worse too."""
    seeds = range(seed, seed + plants)
    one = partial(one_plant, file=file, settings=settings, days=days, with_sensitivity=seeds[:sensitivity])
    if jobs == 1:
        found = [one(s) for s in seeds]
    else:
        with ProcessPoolExecutor(jobs) as workers:
            found = list(workers.map(one, seeds))
    return BenchmarkReport("models", f"plant_decision_{name}", _protocol(settings, days), figures(found), seed)


def figures(found: Sequence[dict[str, Compared]]) -> dict[str, float | int]:
    """Return means over the plants; the interval is a bootstrap over them."""
    plain = [one["model"] for one in found]
    gaps = np.array([one.gap_closed for one in plain])
    dice = np.random.default_rng(20260105)
    low, high = np.quantile(dice.choice(gaps, (RESAMPLES, len(gaps))).mean(axis=1), [0.025, 0.975])
    told: dict[str, float | int] = {
        "plants": len(plain),
        "gap_closed": float(gaps.mean()),
        "gap_closed_low": float(low),
        "gap_closed_high": float(high),
        "gap_closed_worst": float(gaps.min()),
    }
    for name in ("model", "best_age", "run_to_failure", "perfect"):
        told[f"cost_{name}"] = fmean(getattr(one, name).cost for one in plain)
        told[f"failures_{name}"] = fmean(getattr(one, name).failures for one in plain)
        told[f"preventive_{name}"] = fmean(getattr(one, name).preventive for one in plain)
    told["inspections_model"] = fmean(one.model.inspections for one in plain)
    with_all = [one for one in found if len(one) > 1]
    for name in [name for name in (with_all[0] if with_all else ()) if name != "model"]:
        told[f"gap_closed_{name}"] = fmean(one[name].gap_closed for one in with_all)
        told[f"failures_{name}"] = fmean(one[name].model.failures for one in with_all)
    return told


def _protocol(settings: PricingSettings, days: int) -> str:
    return (
        f"Simulated plants, run to failure for {PAST.days} days up to {BEGIN:%Y-%m-%d}, mended, learned from, then "
        f"kept for {days} days by the model's orders; every {settings.decided_every / timedelta(hours=1):g} h the "
        f"platform's appraisal weighs the probability within {settings.look:g} lead times, and what it finds worth an "
        f"order is done {settings.lead / timedelta(hours=1):g} h later: what looks sound is left in, "
        "at the cost of an inspection, and looked at again when its forecast's time is over or twice as much is "
        "at stake. All policies start from the same worn "
        "plant and meet the same lives, loads and weather. best_age: per machine class and component, in hindsight on "
        "this very stretch; perfect: everything just before it would fail; neither has a lead time. shuffled: "
        "forecasts of the same component of another machine; third_of_signals_silent: the worst of three thirds, "
        "nothing trained anew; ratio_N: a breakdown costs N planned replacements. These on the first plants alone"
    )
