"""All figures of a decision backtest, and what they become when the world or the model changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from foreworn.economics.control_limit import LifeOutcome
from foreworn.economics.decision_backtest import LivesToPrice, gap_closed, gap_interval
from foreworn.loop.pricing.backtest import DecisionBacktest
from foreworn.loop.pricing.decisions import Terms
from foreworn.loop.pricing.lives import HOUR, RecordedLives, RunLife
from foreworn.loop.pricing.priced import Priced, Sensitivity
from foreworn.loop.pricing.settings import LEAD_FACTORS, PricingSettings

RATIOS: Final = (3.0, 5.0, 10.0, 20.0)


def priced(backtest: DecisionBacktest, lives: RecordedLives) -> Priced:
    """Return all figures of a decision backtest."""
    settings, fleet = backtest.settings, backtest.fleet()
    policies = {
        "run_to_failure": fleet.run_to_failure(),
        "best_age": backtest.by_age(),
        "best_age_in_hindsight": fleet.at_ages_in_hindsight(),
        "model": backtest.decided(settings.terms()),
        "perfect": fleet.with_foresight(),
    }
    rates = {name: fleet.rate(outcomes) for name, outcomes in policies.items()}
    low, high = gap_interval(
        fleet, policies["model"], policies["best_age"], samples=settings.samples, seed=settings.seed
    )
    failures = {name: sum(o.failed for o in outcomes) for name, outcomes in policies.items()}
    model = rates["model"]
    return Priced(
        currency=backtest.costs.currency,
        subject=_subject(lives),
        units=len({life.machine.id for life in lives.priced}),
        lives=len(lives.priced),
        failures=failures,
        preventive={name: len(lives.priced) - failed for name, failed in failures.items()},
        cost_per_1000h={name: 1000 * rate for name, rate in rates.items()},
        gap_closed=backtest.closed(policies["model"]),
        gap_closed_low=low,
        gap_closed_high=high,
        gap_closed_against_age_in_hindsight=gap_closed(
            model, age=rates["best_age_in_hindsight"], known=rates["perfect"]
        ),
        by_component=_by_component(backtest, policies),
        sensitivity=tuple(_sensitivity(backtest)),
        protocol=protocol(settings, lives),
    )


def _sensitivity(backtest: DecisionBacktest) -> list[Sensitivity]:
    settings = backtest.settings
    terms = settings.terms()

    def row(what: str, value: str, terms: Terms, told: str = "model", ratio: float | None = None) -> Sensitivity:
        decided = backtest.decided(terms, told=told, ratio=ratio)
        return Sensitivity(what, value, backtest.closed(decided, ratio), sum(o.failed for o in decided))

    silent = [row("signals silent", "a third, the worst of three", terms, f"silent {third}") for third in range(3)]
    return [
        *(row("breakdown / planned cost", f"{ratio:g}", terms, ratio=ratio) for ratio in RATIOS),
        *(row("lead time", _span(settings.lead * f), settings.terms(f)) for f in LEAD_FACTORS),
        row("work done", "by the order's due date", replace(terms, by_due_date=True)),
        row("noise on log-odds", "doubled", terms, "noise"),
        row("forecasts", "of a stranger at the same age", terms, "strangers"),
        min(silent, key=lambda one: one.gap_closed),
    ]


def _by_component(
    backtest: DecisionBacktest, policies: Mapping[str, Sequence[LifeOutcome]]
) -> dict[str, dict[str, float | int | None]]:
    fleet, found = backtest.fleet(), {}
    for kind in sorted(backtest.per_machine):
        own = [place for place, life in enumerate(fleet.lives) if life.kind == kind]
        alone = LivesToPrice([fleet.lives[place] for place in own], {kind: backtest.per_machine[kind]})
        rates = {name: alone.rate([outcomes[place] for place in own]) for name, outcomes in policies.items()}
        closed = gap_closed(rates["model"], age=rates["best_age"], known=rates["perfect"])
        failed = sum(policies["model"][place].failed for place in own)
        found[kind] = {"lives": len(own), "failures": failed, "gap_closed": None if closed != closed else closed}
    return found


def _subject(lives: RecordedLives) -> str:
    machines, components = ({pick(life) for life in lives.priced} for pick in (_machine, _component))
    return f"{', '.join(sorted(components))} of {len(machines)} machines"


def _machine(life: RunLife) -> str:
    return life.machine.id


def _component(life: RunLife) -> str:
    return life.component


def _span(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.3g} d" if days >= 2 else f"{span / HOUR:g} h"


def protocol(settings: PricingSettings, lives: RecordedLives) -> str:
    """Return how it was measured."""
    lead = _span(settings.lead)
    return (
        f"{len(lives.priced)} lives that ended in a failure, lived again; {lives.unwatched} whose beginning nobody "
        f"watched and {len(lives.going_on)} that go on at the record's end are not priced. {settings.folds} folds by "
        "machine: a life is forecast by a model that was trained without its machine, and so are the age to replace "
        f"at and how long components last. Decided every {_span(settings.decided_every)} by the appraisal that "
        f"proposes work orders, on the probability within {_span(settings.terms().horizon)}; the first order is "
        f"approved at once and done {lead} later, or the component fails before. A machine's cost is the sum over its "
        "components of all costs over all hours used. Perfect foresight replaces in the last whole hour before the "
        "failure. Neither it nor age replacement waits for anybody. The interval draws machines anew, and failures "
        "that did not happen"
    )
