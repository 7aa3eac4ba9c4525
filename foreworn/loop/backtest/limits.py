"""What the reader of a backtest must not conclude, from the facts of this one."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from models.features import EventCount

if TYPE_CHECKING:
    from foreworn.loop.backtest.time_split import Backtest
    from foreworn.loop.backtest.verdict import Verdict

FEW_FAILURES: Final = 30
MUCH_LEFT_OUT: Final = 0.05
ONE_SPLIT: Final = "One split was judged: figures of another stretch of time may differ; --origins 4 tells by how much."
NOT_PROBED: Final = "Nothing was probed for leaks; --probes does."
NOT_PRICED: Final = (
    "Not priced: no money can be read off these figures; --price prices acting where everything ran to failure."
)


def limits(folds: "Sequence[Backtest]", verdict: "Verdict", *, split: str) -> list[str]:
    """Return the sentences, the gravest first."""
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
        told.append(
            "Every machine was judged by models of other machines; how a model does on the later life of machines that "
            "it knows is another question, which a split by time answers."
        )
    return [*told, *([ONE_SPLIT] if split == "time" else []), NOT_PROBED, NOT_PRICED]


def _few_failures(verdict: "Verdict") -> Iterator[str]:
    failures = verdict.judgement.failures
    if failures == 0:
        yield "No failure came in what was judged: nothing is known of what would have been caught."
    elif failures < FEW_FAILURES:
        yield f"{_counted(failures)} judged: one of them moves recall by {100 / failures:.0f} %. See the intervals."
    if failures and verdict.judgement.missed == 0:
        yield (
            f"None of {_counted(failures)} was missed; as many as {min(100.0, 300 / failures):.2g} % in the long run "
            "would not contradict that (rule of three), and no resampling shows what did not happen."
        )
    lone = [name for name, n in sorted(_by_component(verdict).items()) if n < FEW_FAILURES / 3]
    if failures >= FEW_FAILURES and lone:
        yield f"Few failures were judged of {', '.join(lone)}: their own figures say little."


def _by_component(verdict: "Verdict") -> Counter[str]:
    found = Counter(dict.fromkeys(verdict.components, 0))
    found.update(n.component for n in verdict.judgement.notices)
    return found


def _not_learned(folds: "Sequence[Backtest]") -> Iterator[str]:
    reasons = {name: why for fold in folds for name, why in fold.model.unlearned.items()}
    failed: Counter[str] = Counter()
    for fold in folds:
        failed.update({name: fold.record.failures_to_judge.get(name, 0) for name in fold.model.unlearned})
    for name, why in sorted(reasons.items()):
        how = "is forecast by its age alone" if any(name in f.model.ages for f in folds) else "has no forecast"
        yield f"{name} {how} ({why}): {_counted(failed[name])} in the judged time, none of them in these figures."


def _unseen_models(folds: "Sequence[Backtest]") -> Iterator[str]:
    unseen = sorted({name for fold in folds for name in set(fold.record.machine_models) - fold.model.models_seen})
    if unseen:
        yield (
            f"No machine of model {', '.join(unseen)} was learned from: the platform forecasts them by age alone, and "
            "here they are judged by signs learned elsewhere."
        )


def _events(fold: "Backtest") -> Iterator[str]:
    codes = [f.code for f in fold.model.features.features if isinstance(f, EventCount)]
    if codes:
        yield (
            f"Counts of {len(codes)} event codes are among the features. A code that is written because a failure has "
            "begun to be noticed flatters; --without-events tells what the telemetry knows without them."
        )


def _plan(fold: "Backtest") -> Iterator[str]:
    names = fold.model.features.plan_names
    if names:
        yield (
            f"{len(names)} features carry the calendar of the maintenance plan, such as {names[0]!r}. Where visits "
            "decide when a failure is on record they flatter; --without-plan leaves them out."
        )


def _left_out(verdict: "Verdict") -> Iterator[str]:
    judged = verdict.judgement
    known = judged.rows + judged.censored_rows
    share = judged.censored_rows / known if known else 0.0
    if share > MUCH_LEFT_OUT:
        yield (
            f"{100 * share:.0f} % of the forecasts are left out because a preventive replacement cut them short: what "
            "would have become of those components nobody knows."
        )


def _beyond_the_horizon(verdict: "Verdict") -> Iterator[str]:
    hours = verdict.horizon / timedelta(hours=1)
    yield (
        f"Forecasts look {hours:g} h ahead: longer notice counts only where an alarm came too early and did not stop. "
        "Another horizon (FOREWORN_SCORING__HORIZON) is another model."
    )


def _counted(failures: int) -> str:
    return f"{failures:,} failure" + ("" if failures == 1 else "s")
