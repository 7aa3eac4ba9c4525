"""The decision backtest of failure models on a history that ran to failure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from foreworn.economics.cost_table import CostTable
from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.pricing.backtest import DecisionBacktest
from foreworn.loop.pricing.figures import priced
from foreworn.loop.pricing.lives import RecordedLives, recorded_lives
from foreworn.loop.pricing.priced import Priced
from foreworn.loop.pricing.settings import PricingSettings
from foreworn.loop.pricing.told import (
    ToldLife,
    dealt_to_others,
    thirds,
    told_along,
    with_noise_doubled,
    without_signals,
)
from foreworn.loop.pricing.unit_folds import Fold, fold_with, unit_folds
from models.failure import GradientBoostedFailureModel


def price(
    history: FleetHistory,
    *,
    settings: PricingSettings,
    costs: CostTable | None = None,
    leave_out: Collection[str] = (),
    on_fold: Callable[[int], None] = lambda _: None,
) -> Priced:
    """Price acting on failure models over a history that ran to failure, each machine forecast by a model without it.

    Parameters
    ----------
    history
        Every component's life ends in a failure, or goes on at the record's end.
    costs
        What things cost; what nobody has said is assumed.
    settings
        Lead time, folds, and the like.
    leave_out
        Signals that are no features, such as counters.
    on_fold
        Called with the number of each fold that is trained.

    Raises
    ------
    NotRunToFailure
        If components were replaced before they failed; the message says how many.
    TooLittleHistory
        If there are too few lives or machines.
    """
    chosen, lives = settings, _lives(history)
    folds = unit_folds(
        history,
        lives,
        folds=chosen.folds,
        seed=chosen.seed,
        horizon=chosen.terms().horizon,
        settings=chosen.model(),
        leave_out=leave_out,
        on_fold=on_fold,
    )
    return priced(backtest_of(history, lives, folds, costs or CostTable(), chosen), lives)


def price_model(
    model: GradientBoostedFailureModel,
    history: FleetHistory,
    *,
    unseen: Collection[str],
    settings: PricingSettings,
    costs: CostTable | None = None,
) -> Priced:
    """Price acting on a trained model over the lives of machines that it has not seen; otherwise as `price`.

    Ages, and how long components last, are learned from the other machines' lives.

    Raises
    ------
    TooLittleHistory
        If none of these machines has a life to price.
    """
    chosen, lives = settings, _lives(history)
    fold = fold_with(model, lives, unseen)
    if not fold.held_out:
        raise TooLittleHistory(f"none of {len(unseen)} machines has a life that failed and was watched whole")
    own = replace(lives, priced=tuple(lives.priced[place] for place in fold.held_out))
    alone = replace(fold, held_out=tuple(range(len(own.priced))))
    return priced(backtest_of(history, own, [alone], costs or CostTable(), chosen), own)


def _lives(history: FleetHistory) -> RecordedLives:
    lives = recorded_lives(history)
    if not lives.priced:
        raise TooLittleHistory(
            f"no component's life ended in a failure while its machine was watched all along ({lives.unwatched} "
            f"failed after a beginning that nobody watched, {len(lives.going_on)} go on): there is nothing to price"
        )
    return lives


def backtest_of(
    history: FleetHistory,
    lives: RecordedLives,
    folds: Sequence[Fold],
    costs: CostTable,
    settings: PricingSettings,
) -> DecisionBacktest:
    """Return the decision backtest of models over lives that they have not seen."""
    told: dict[str, list[ToldLife]] = {"model": _told(history, lives, folds, settings)}
    told["noise"] = with_noise_doubled(told["model"], lead=settings.lead)
    told["strangers"] = dealt_to_others(told["model"], seed=settings.seed)
    for third in range(3):
        told[f"silent {third}"] = _told(history, lives, folds, settings, third=third)
    kinds = {life.kind for life in lives.priced}
    return DecisionBacktest(lives.priced, _per_machine(history, kinds), tuple(folds), told, costs, settings)


def _told(
    history: FleetHistory,
    lives: RecordedLives,
    folds: Sequence[Fold],
    settings: PricingSettings,
    *,
    third: int | None = None,
) -> list[ToldLife]:
    found: dict[int, ToldLife] = {}
    for fold in folds:
        heard = history if third is None else without_signals(history, thirds(fold.model, history)[third])
        own = [lives.priced[place] for place in fold.held_out]
        told = told_along(fold.model, heard, own, settings.horizons, every=settings.decided_every)
        found |= dict(zip(fold.held_out, told, strict=True))
    return [found[place] for place in range(len(lives.priced))]


def _per_machine(history: FleetHistory, kinds: Collection[str]) -> dict[str, float]:
    seats = [(m.id, f"{m.model}/{name}") for m in history.machines for name in m.components]
    own = [(machine, kind) for machine, kind in seats if kind in kinds]
    machines = len({machine for machine, _ in own})
    return {kind: sum(of == kind for _, of in own) / machines for kind in sorted(kinds)}
