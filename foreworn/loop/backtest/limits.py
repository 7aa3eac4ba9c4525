"""What the reader of a backtest must not conclude, from the facts of this one.

The sentences stand on a page for people who type no commands, so they name no option; what of the command line would
tell more is the remedy beside them, which the terminal prints.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from models.features import EventCount

if TYPE_CHECKING:
    from foreworn.loop.backtest.time_split import Backtest
    from foreworn.loop.backtest.verdict import Verdict

FEW_FAILURES: Final = 30
MUCH_LEFT_OUT: Final = 0.05


@dataclass(frozen=True, slots=True)
class Limit:
    """A sentence on what not to conclude, and what to ask the command line for to know more; empty where nothing."""

    said: str
    remedy: str = ""


ONE_SPLIT: Final = Limit(
    "One split was judged: figures of another stretch of time may differ.",
    "--origins 4 judges other stretches too, and tells by how much figures differ",
)
NOT_PROBED: Final = Limit(
    "Nothing was probed for leaks: whether the model has seen what it may not know was not looked at.",
    "--probes looks for leaks",
)
NOT_PRICED: Final = Limit(
    "Not priced: what acting on these forecasts would cost and save was not asked for.",
    "--price prices acting on such forecasts, where everything ran to failure; costs stand in costs.csv",
)


def limits(folds: "Sequence[Backtest]", verdict: "Verdict", *, split: str) -> list[Limit]:
    """Return what not to conclude, the gravest first."""
    told = [
        *_few_failures(verdict),
        *_not_learned(folds),
        *_unseen_models(folds),
        *_events(folds[0]),
        *_plan(folds[0]),
        *_left_out(verdict),
        *_beyond_the_horizon(verdict),
    ]
    if split == "unit":
        told += [*_whole_record(folds), *_other_machines(verdict)]
    return [*told, *([ONE_SPLIT] if split == "time" else []), NOT_PROBED, NOT_PRICED]


def _whole_record(folds: "Sequence[Backtest]") -> Iterator[Limit]:
    if all(fold.train_until > fold.test_from for fold in folds):
        yield Limit(
            "Models learned from the other machines' whole record, times later than those judged included: what a time "
            "has in common for all machines, such as weather or a bad batch, may have been known.",
            "--train-until splits time as well as machines",
        )


def _other_machines(verdict: "Verdict") -> Iterator[Limit]:
    """Say which question a split by unit answers, the more plainly where machines were repaired and went on."""
    lives = Counter((n.machine, n.component) for n in verdict.judgement.notices)
    machines = len({machine for (machine, _), failures in lives.items() if failures > 1})
    said = (
        "Every machine was judged by models of other machines; how a model does on the later life of machines that "
        "it knows is another question, which a split by time answers."
    )
    if not machines:
        yield Limit(said)
        return
    yield Limit(
        f"{said} It is the nearer one here: {machines} machine{'s'[: machines != 1]} failed, were repaired, and failed "
        "again.",
        "without --by-unit, the later time of the same machines is judged",
    )


def _few_failures(verdict: "Verdict") -> Iterator[Limit]:
    failures = verdict.judgement.failures
    if failures == 0:
        yield Limit("No failure came in what was judged: nothing is known of what would have been caught.")
    elif failures < FEW_FAILURES:
        moved = f"one more or less moves the share that is caught by {100 / failures:.0f} points"
        yield Limit(f"Few failures were judged, {failures}: {moved}. See the intervals.")
    if failures and verdict.judgement.missed == 0:
        yield Limit(
            f"None of {_counted(failures)} was missed; as many as {min(100.0, 300 / failures):.2g} % in the long run "
            "would not contradict that (rule of three), and no resampling shows what did not happen."
        )
    lone = [name for name, n in sorted(_by_component(verdict).items()) if n < FEW_FAILURES / 3]
    if failures >= FEW_FAILURES and lone:
        yield Limit(f"Few failures were judged of {', '.join(lone)}: their own figures say little.")


def _by_component(verdict: "Verdict") -> Counter[str]:
    found = Counter(dict.fromkeys(verdict.components, 0))
    found.update(n.component for n in verdict.judgement.notices)
    return found


def _not_learned(folds: "Sequence[Backtest]") -> Iterator[Limit]:
    reasons = {name: why for fold in folds for name, why in fold.model.unlearned.items()}
    failed: Counter[str] = Counter()
    for fold in folds:
        failed.update({name: fold.record.failures_to_judge.get(name, 0) for name in fold.model.unlearned})
    for name, why in sorted(reasons.items()):
        how = "is forecast by its age alone" if any(name in f.model.ages for f in folds) else "has no forecast"
        yield Limit(
            f"{name} {how} ({why}): {_counted(failed[name])} in the judged time, none of them in these figures."
        )


def _unseen_models(folds: "Sequence[Backtest]") -> Iterator[Limit]:
    unseen = sorted({name for fold in folds for name in set(fold.record.machine_models) - fold.model.models_seen})
    if unseen:
        yield Limit(
            f"No machine of model {', '.join(unseen)} was learned from: the platform forecasts them by age alone, and "
            "here they are judged by signs learned elsewhere."
        )


def _events(fold: "Backtest") -> Iterator[Limit]:
    codes = [f.code for f in fold.model.features.features if isinstance(f, EventCount)]
    if codes:
        yield Limit(
            f"Counts of {len(codes)} event code{'s'[: len(codes) != 1]} are among the features. A code that is written "
            "because a failure has begun to be noticed flatters.",
            "--without-events tells what the telemetry knows without event codes",
        )


def _plan(fold: "Backtest") -> Iterator[Limit]:
    names = fold.model.features.plan_names
    if names:
        yield Limit(
            f"The calendar of the maintenance plan is read, as in {names[0]!r}, from {len(names)} "
            f"feature{'s'[: len(names) != 1]}. Where visits decide when a failure is on record, that flatters.",
            "--without-plan leaves the calendar of the maintenance plan out",
        )


def _left_out(verdict: "Verdict") -> Iterator[Limit]:
    judged = verdict.judgement
    known = judged.rows + judged.censored_rows
    share = judged.censored_rows / known if known else 0.0
    if share > MUCH_LEFT_OUT:
        yield Limit(
            f"{100 * share:.0f} % of the forecasts are left out because a preventive replacement cut them short: what "
            "would have become of those components nobody knows."
        )


def _beyond_the_horizon(verdict: "Verdict") -> Iterator[Limit]:
    yield Limit(
        f"Forecasts look {spelled(verdict.horizon)} ahead: longer notice counts only where an alarm came too early and "
        "did not stop. Another horizon is another model.",
        "FOREWORN_SCORING__HORIZON sets how far forecasts look, such as P7D",
    )


def spelled(horizon: timedelta) -> str:
    """Return a length of time in hours, or in days where it is three whole ones or more."""
    days = horizon / timedelta(days=1)
    return f"{days:g} days" if days >= 3 and days.is_integer() else f"{horizon / timedelta(hours=1):g} h"


def _counted(failures: int) -> str:
    return f"{failures:,} failure" + ("" if failures == 1 else "s")
