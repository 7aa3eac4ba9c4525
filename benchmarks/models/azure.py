"""Failure forecasts on Microsoft's predictive-maintenance sample, by the protocol of its modelling guide.

A row every 3 h; label: which component fails within the next 24 h; split by time with a day's gap.
Deviations, all to the stricter side: rows may use maintenance stamped before them only, no row stands
at a failure's own moment, training ends where labels would reach past its end, and each component is
told apart by its own threshold, chosen on inner folds of the training time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.models.azure_rule import ErrorRule, measure_rule
from benchmarks.report import BenchmarkReport
from foreworn.errors import ConfigurationError
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import Backtest, run_backtest
from foreworn.storage.history import read_azure_pdm
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms
from models.failure import FailureModelSettings
from models.features import FeatureSet, features_of

TRAIN_UNTIL: Final = datetime(2015, 7, 31, 1, tzinfo=UTC)
TEST_FROM: Final = datetime(2015, 8, 1, 1, tzinfo=UTC)
FOLDER: Final = "azure_pdm"
SUFFIX: Final = "_without_events"
MOMENTS: Final = 20
DAY: Final = timedelta(days=1)
THREE_DAYS: Final = timedelta(hours=72)
SETTINGS: Final = FailureModelSettings()
"""Of all variants; what they differ in was chosen on inner folds of the training time."""


@dataclass(frozen=True, slots=True)
class Split:
    """Learn from what lies before `train_until`, judge rows of [test_from, test_to)."""

    train_until: datetime = TRAIN_UNTIL
    test_from: datetime = TEST_FROM
    test_to: datetime | None = None


def read(data: Path) -> FleetHistory:
    """Read the set from the folder that holds it.

    Raises
    ------
    ConfigurationError
        If the folder does not hold it.
    MalformedHistory
        If a file of it is broken.
    """
    folder = data / FOLDER
    if not folder.is_dir():
        raise ConfigurationError(f"there is no folder {FOLDER} in {data}: give the folder that holds it with --data")
    return read_azure_pdm(folder).history


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of forecasting the set: how far, and from what.

    Parameters
    ----------
    suffix
        What its figures' names end in.
    horizon
        How far it looks.
    with_events
        Whether it counts error codes.
    telemetry_alone
        Whether it reads nothing but telemetry: no errors, no maintenance, no age, no machine model.
    curve
        Where intervals end, the horizon besides.
    step_window
        How far back the last step of each signal is looked for; None: not at all.
    """

    suffix: str = ""
    horizon: timedelta = DAY
    with_events: bool = True
    telemetry_alone: bool = False
    curve: tuple[timedelta, ...] = (DAY,)
    step_window: timedelta | None = THREE_DAYS


PLAIN: Final = Variant(step_window=None)
WITHOUT_EVENTS: Final = Variant(SUFFIX, with_events=False, curve=(DAY / 2, DAY))
FURTHER: Final = (
    Variant("_48h", 2 * DAY, curve=(DAY, DAY * 3 / 2)),
    Variant("_telemetry_alone", with_events=False, telemetry_alone=True),
)
VARIANTS: Final = (PLAIN, WITHOUT_EVENTS, *FURTHER)


def measure(history: FleetHistory, split: Split, *, only_without_events: bool = False) -> BenchmarkReport:
    """Return the figures of the variant with event features and, with a suffix, of each other one.

    With `only_without_events` both names carry the figures of the only variant there is.
    """
    without = run(history, split, WITHOUT_EVENTS)
    plain = without if only_without_events else run(history, split, PLAIN)
    figures = plain.figures() | _suffixed(without.figures(), SUFFIX)
    protocol = plain.protocol()
    if not only_without_events:
        for variant in FURTHER:
            figures |= _suffixed(run(history, split, variant).figures(), variant.suffix)
        rule, figures["macro_f1_error_rule"] = measure_rule(history, plain)
        protocol += _more_protocol(rule)
    return BenchmarkReport(
        benchmark="models",
        set="azure",
        protocol=protocol,
        figures=figures,
        seed=plain.model.provenance.settings.seed,
    )


def _more_protocol(rule: ErrorRule) -> str:
    told = ", ".join(f"{code} for {component}" for component, code in sorted(rule.codes.items()))
    return (
        f"; figures with {SUFFIX}: the same without event features; with _48h: the label is a failure in "
        "(t, t + 48 h]; with _telemetry_alone: windows of the four signals and nothing else; macro_f1_error_rule: a "
        f"row is an alarm where one code was seen in the last 24 h, chosen on the training time ({told})"
    )


def _suffixed(figures: Mapping[str, float | int], suffix: str) -> dict[str, float | int]:
    return {_place_suffix(name, suffix): value for name, value in figures.items()}


def run(history: FleetHistory, split: Split, variant: Variant) -> Backtest:
    """Train and judge one variant; a preventive replacement is survival in the judging, as in Microsoft's guide."""
    return run_backtest(
        history,
        train_until=split.train_until,
        test_from=split.test_from,
        test_to=split.test_to,
        horizon=variant.horizon,
        settings=SETTINGS.model_copy(
            update={
                "with_events": variant.with_events,
                "curve": variant.curve,
                "step_window": variant.step_window,
            }
        ),
        features=_telemetry_features(history.until(split.train_until), variant) if variant.telemetry_alone else None,
        censoring=False,
    )


def _telemetry_features(past: FleetHistory, variant: Variant) -> FeatureSet:
    known = features_of(past, with_events=False, step_window=variant.step_window)
    return FeatureSet(tuple(f for f in known.features if f.source in past.signals))


def permutation_changes_nothing(history: FleetHistory, split: Split, variant: Variant) -> bool:
    """Forecast again without what a forecast may not know; print the digests and tell if they agree.

    Once with the failures of the test part dealt out anew, and, at moments drawn from the test part, once from
    a record that ends at the moment: corrective maintenance, which would tell of a failure, is gone with the rest.
    """
    true = run(history, split, variant)
    permuted = run(permuted_after(history, split.train_until), split, variant)
    print(f"predictions sha256, true test labels     {true.digest()}")
    print(f"predictions sha256, permuted test labels {permuted.digest()}")
    moments = _drawn(true, MOMENTS)
    blind = all(_same_without_the_future(true, history, int(moment)) for moment in moments)
    print(f"predictions at {len(moments)} moments of a record that ends there: {'the same' if blind else 'DIFFERENT'}")
    same = blind and true.digest() == permuted.digest()
    print("identical" if same else "DIFFERENT: the forecasts have seen what comes later")
    return same


def _drawn(result: Backtest, count: int, *, seed: int = 1) -> NDArray[np.int64]:
    return np.random.default_rng(seed).choice(np.unique(result.index.time), count, replace=False)


def _same_without_the_future(result: Backtest, history: FleetHistory, moment: int) -> bool:
    now = result.index.time == moment
    past = history.until(from_epoch_ms(moment) + MILLISECOND)
    again = result.model.probabilities(past, result.index.where(now))
    return all(again[name].tobytes() == told[now].tobytes() for name, told in result.probabilities.items())


def permuted_after(history: FleetHistory, time: datetime, *, seed: int = 1) -> FleetHistory:
    """Return the history with machines and components of the failures from `time` on dealt out anew."""
    failures = history.failures
    later = pc.greater_equal(failures["time"], pa.scalar(time, failures.schema.field("time").type))
    part = failures.filter(later)
    generator = np.random.default_rng(seed)
    for column in ("machine", "component"):
        dealt = part[column].take(pa.array(generator.permutation(len(part))))
        part = part.set_column(part.column_names.index(column), failures.schema.field(column), dealt)
    order = [("machine", "ascending"), ("time", "ascending"), ("component", "ascending")]
    return replace(history, failures=pa.concat_tables([failures.filter(pc.invert(later)), part]).sort_by(order))


def _place_suffix(name: str, suffix: str) -> str:
    """Return the name with the suffix; an interval's end stays at the end, as `recall_12h_without_events_low`."""
    for end in ("_low", "_high"):
        if name.endswith(end):
            return name.removesuffix(end) + suffix + end
    return name + suffix
