"""Failure forecasts on Microsoft's predictive-maintenance sample, by the protocol of its modelling guide.

A row every 3 h; label: which component fails within the next 24 h; split by time with a day's gap.
Deviations, all to the stricter side: rows may use maintenance stamped before them only, no row stands
at a failure's own moment, training ends where labels would reach past its end, and each component is
told apart by its own threshold, chosen on inner folds of the training time.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from benchmarks.report import BenchmarkReport
from foreworn.errors import ConfigurationError
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import Backtest, run_backtest
from foreworn.storage.history import read_azure_pdm
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms
from models.failure import FailureModelSettings

TRAIN_UNTIL: Final = datetime(2015, 7, 31, 1, tzinfo=UTC)
TEST_FROM: Final = datetime(2015, 8, 1, 1, tzinfo=UTC)
FOLDER: Final = "azure_pdm"
SUFFIX: Final = "_without_events"
MOMENTS: Final = 20


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


def measure(history: FleetHistory, split: Split, *, only_without_events: bool = False) -> BenchmarkReport:
    """Return the figures of the variant with event features and, with a suffix, of the one without.

    With `only_without_events` both names carry the figures of the only variant there is.
    """
    without = run(history, split, with_events=False)
    plain = without if only_without_events else run(history, split, with_events=True)
    suffixed = {f"{_place_suffix(name)}": value for name, value in without.figures().items()}
    return BenchmarkReport(
        benchmark="models",
        set="azure",
        protocol=plain.protocol() + ("" if only_without_events else f"; figures with {SUFFIX}: the same without them"),
        figures=plain.figures() | suffixed,
        seed=plain.model.provenance.settings.seed,
    )


def run(history: FleetHistory, split: Split, *, with_events: bool) -> Backtest:
    """Train and judge one variant; a preventive replacement is survival, as in Microsoft's guide."""
    return run_backtest(
        history,
        train_until=split.train_until,
        test_from=split.test_from,
        test_to=split.test_to,
        settings=FailureModelSettings(with_events=with_events),
        censoring=False,
    )


def permutation_changes_nothing(history: FleetHistory, split: Split, *, with_events: bool) -> bool:
    """Forecast again without what a forecast may not know; print the digests and tell if they agree.

    Once with the failures of the test part dealt out anew, and, at moments drawn from the test part, once from
    a record that ends at the moment: corrective maintenance, which would tell of a failure, is gone with the rest.
    """
    true = run(history, split, with_events=with_events)
    permuted = run(permuted_after(history, split.train_until), split, with_events=with_events)
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


def _place_suffix(name: str) -> str:
    """Return the name with the suffix; an interval's end stays at the end, as `recall_12h_without_events_low`."""
    for end in ("_low", "_high"):
        if name.endswith(end):
            return name.removesuffix(end) + SUFFIX + end
    return name + SUFFIX
