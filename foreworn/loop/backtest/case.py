"""The backtest that a person asks for: one split, and what else shall be known of it.

What can be refused without computing is refused first. What comes after the split itself (other stretches, probes, a
price) may fail without taking with it what was measured by then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow.compute as pc

from foreworn.errors import ConfigurationError, ForewornError
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest.limits import NOT_PRICED, NOT_PROBED, ONE_SPLIT
from foreworn.loop.backtest.probes import Repeat, probe
from foreworn.loop.backtest.rolling import rolling_backtests, spreads
from foreworn.loop.backtest.time_split import (
    Backtest,
    check_failures,
    check_record,
    check_split,
    prefixed,
    record_end,
    run_backtest,
)
from foreworn.loop.backtest.unit_split import UnitBacktest, run_unit_backtest
from foreworn.loop.pricing import NotRunToFailure, Priced, recorded_lives
from foreworn.settings import ScoringSettings
from foreworn.telemetry.signal import SignalCatalogue, SignalType
from models.evaluation.rolling_origins import rolling_origins
from models.failure import FailureModelSettings

OnStep = Callable[[str], None]
Part = Callable[[], dict[str, Any]]
PRICED_APART: Final = (
    "What is priced are models of the same kind, each on machines that it was trained without, with orders placed well "
    "ahead; it is not this very model's doing."
)
LEARNED_SHARE: Final = 0.7
"""Of the record, what is learned from unless a split is given."""
_NOT_HAD: Final = {
    "origins": "Other stretches were asked for and could not be judged: {}",
    "probes": "Probes for leaks were asked for and could not be run: {}",
    "priced": "Not priced: {}",
}


class PartFailed(Exception):
    """A part of a backtest broke in a way that nobody foresaw, or was broken off; `report` is what was measured."""

    def __init__(self, report: dict[str, Any]) -> None:
        super().__init__("a part of the backtest broke; what was measured before is kept")
        self.report = report


def backtest(
    history: FleetHistory,
    *,
    train_until: datetime | None = None,
    test_from: datetime | None = None,
    test_to: datetime | None = None,
    with_events: bool = True,
    with_plan: bool = True,
    settings: ScoringSettings | None = None,
    catalogue: SignalCatalogue | None = None,
    by_unit: int | None = None,
    origins: int | None = None,
    probes: bool = False,
    price: Callable[[FleetHistory], Priced] | None = None,
    on_step: OnStep = lambda step: None,
) -> dict[str, Any]:
    """Return the report of a backtest as JSON-able values; `foreworn.loop.backtest.report` has the keys.

    Parameters
    ----------
    history
        The whole record.
    train_until, test_from, test_to
        The split. Where only one of the first two is given, the other lies a horizon away; where neither is, the first
        70 % of the record are learned from. By unit, times left out split nothing.
    with_events, with_plan
        Whether event codes, and what carries the calendar of the maintenance plan, are among the features.
    settings
        For the horizon, and whether templates are features.
    catalogue
        Its counters are no features, as in training.
    by_unit
        Folds of machines, each judged by a model of the others; by time alone unless given.
    origins
        How many further splits the judged stretch is cut into, each judged by a model trained shortly before it.
    probes
        Whether to look for leaks; `check_probes` of the report's raises where one was found.
    price
        Prices acting on such models (`foreworn.loop.pricing.price` under a cost table); where the history cannot be
        priced, the report's limits say why.
    on_step
        Called with what is begun or done, in words, for who waits.

    Raises
    ------
    ConfigurationError
        If the split is none, or origins are asked for by unit.
    TooLittleHistory
        If there is too little to train on, or nothing to judge. Where counting tells, before anything is computed.
    PartFailed
        If other stretches, probes or the price broke, or were broken off; it has the report as far as it came.
    """
    scoring = settings or ScoringSettings()
    horizon = scoring.horizon
    chosen = FailureModelSettings(with_events=with_events, without_plan=not with_plan, with_templates=scoring.templates)
    leave_out = frozenset(s.name for _, s in catalogue or () if s.type is SignalType.COUNTER)
    if by_unit is not None and origins is not None:
        raise ConfigurationError("origins are splits by time: ask for --origins or for --by-unit")
    if by_unit is None or train_until is not None or test_from is not None:
        train_until, test_from = split(history, train_until, test_from, horizon)
    if origins is not None and train_until is not None and test_from is not None:
        check_split(train_until, test_from, test_to)
        check_record(history, test_from)
        first = rolling_origins(test_from, record_end(history, test_to), count=origins, gap=horizon)[0]
        check_failures(history, first.train_until, chosen)

    def run(of: FleetHistory, on_step: OnStep) -> Backtest | UnitBacktest:
        if by_unit is not None:
            return run_unit_backtest(
                of, folds=by_unit, train_until=train_until, test_from=test_from, test_to=test_to,
                horizon=horizon, settings=chosen, leave_out=leave_out, on_step=on_step,
            )  # fmt: skip
        assert train_until is not None and test_from is not None  # noqa: PT018 - the split above
        return run_backtest(
            of, train_until=train_until, test_from=test_from, test_to=test_to,
            horizon=horizon, settings=chosen, leave_out=leave_out, on_step=on_step,
        )  # fmt: skip

    unpriced = None if price is None else _cannot_be_priced(history)
    if unpriced:
        on_step(f"Goes on without a price. {unpriced}")
    done = run(history, on_step)
    asked: dict[str, Part] = {}
    if origins is not None and isinstance(done, Backtest):
        asked["origins"] = lambda: _origins(
            rolling_backtests(
                history, first=done.test_from, end=done.test_to, count=origins,
                horizon=horizon, settings=chosen, leave_out=leave_out, on_step=on_step,
            )
        )  # fmt: skip
    if probes:
        again = prefixed(on_step, "shuffled labels")
        asked["probes"] = lambda: _probes(done, history, lambda dealt: run(dealt, again), on_step)
    if price is not None and not unpriced:
        asked["priced"] = lambda: {"priced": price(history).as_data()}
    return _with_parts(done.report(), asked, {"priced": unpriced} if unpriced else {})


def _with_parts(found: dict[str, Any], asked: Mapping[str, Part], missing: dict[str, str]) -> dict[str, Any]:
    """Return the report with the parts that were asked for; one that cannot be had says why.

    Raises
    ------
    PartFailed
        If one broke, or was broken off; it has the report as far as it came.
    """
    for name, part in asked.items():
        try:
            found |= part()
        except ForewornError as why:
            missing[name] = str(why)
        except (Exception, KeyboardInterrupt) as broken:
            left = [other for other in asked if not found[other] and other not in missing and other != name]
            missing |= {name: _broken(broken)} | dict.fromkeys(left, "it was not reached")
            raise PartFailed(_limited(found, missing)) from broken
    return _limited(found, missing)


def _limited(found: dict[str, Any], missing: Mapping[str, str]) -> dict[str, Any]:
    """Return the report with the limits that hold now that all was measured that will be."""
    answered = {ONE_SPLIT: "origins", NOT_PROBED: "probes", NOT_PRICED: "priced"}
    gone = {limit for limit, part in answered.items() if found[part] or part in missing}
    limits = [said for said in found["limits"] if said not in {limit.said for limit in gone}]
    limits += [_NOT_HAD[part].format(sentence_of(why)) for part, why in missing.items()]
    limits += _not_run(found["probes"]) + ([PRICED_APART] if found["priced"] else [])
    remedies = [said for said in found["remedies"] if said not in {limit.remedy for limit in gone}]
    return found | {"limits": limits, "remedies": remedies, "missing": dict(missing)}


def _cannot_be_priced(history: FleetHistory) -> str:
    """Return why nothing can be priced, in words for a page; empty where nothing is known to speak against it."""
    try:
        recorded_lives(history)
    except NotRunToFailure as found:
        cut_short = sum(found.cut_short.values())
        return (
            f"{cut_short:,} of {cut_short + found.failed:,} components that came to their end were replaced before "
            "they failed. When they would have failed is on no record, so what acting would have saved cannot be "
            "known. Machines that ran to failure, or a simulated plant, can be priced"
        )
    return ""


def _broken(problem: BaseException) -> str:
    if isinstance(problem, KeyboardInterrupt):
        return "it was broken off"
    return f"it broke with {type(problem).__name__}: {problem}"


def split(
    history: FleetHistory, train_until: datetime | None, test_from: datetime | None, horizon: timedelta
) -> tuple[datetime, datetime]:
    """Return where the training ends and the test begins, a horizon apart unless both are given.

    With neither, the training ends at the first midnight (UTC) past 70 % of the telemetry's time.
    """
    if train_until is None and test_from is None:
        first: datetime = pc.min(history.telemetry["time"]).as_py()
        at = first + LEARNED_SHARE * (record_end(history) - first)
        train_until = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if train_until is None:
        assert test_from is not None
        return test_from - horizon, test_from
    return train_until, train_until + horizon if test_from is None else test_from


def _origins(done: Sequence[Backtest]) -> dict[str, Any]:
    return {
        "origins": [
            {
                "train_until": one.train_until.isoformat(),
                "test_from": one.test_from.isoformat(),
                "test_to": one.test_to.isoformat(),
                "figures": one.figures(),
            }
            for one in done
        ],
        "spread": {name: asdict(spread) for name, spread in spreads(done).items()},
    }


def _probes(done: Backtest | UnitBacktest, history: FleetHistory, repeat: Repeat, on_step: OnStep) -> dict[str, Any]:
    return {"probes": [asdict(found) for found in probe(done, history, repeat, on_step)]}


def _not_run(probes: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"The probe of {one['name']} could not be run: {sentence_of(one['said'])}"
        for one in probes
        if one["passed"] is None
    ]


def sentence_of(why: str) -> str:
    """Return the reason with one stop at its end."""
    return f"{why.rstrip(' .')}."
