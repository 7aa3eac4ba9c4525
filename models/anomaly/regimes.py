"""Operating regimes: ways of working that are compared each with itself.

A pump at half load is no anomaly of a pump at full load. Regimes are made of what a machine says about how it
is run: its state signals, and numbers that jump between separated levels.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.anomaly.levels import level_cuts, separation_of
from models.anomaly.sample_line import SampleLine
from models.anomaly.settings import AnomalySettings
from models.features.window import Times, Values

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNKNOWN = -1
ANY = 0
"""The one regime where nothing splits."""

_STEPS_APART = 2.0
_FOLLOWS = 0.95  # a signal whose level follows from another's in so many samples tells no more about the regime


@dataclass(frozen=True, slots=True)
class StateSplit:
    """Each listed text of a state signal is a way of working."""

    signal: str
    texts: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The ways in words."""
        return tuple(f"{self.signal} {text}" for text in self.texts)

    def column(self, line: SampleLine) -> Values:
        """Return the way of each sample, (n_samples,) float; -1 for one that is not listed, NaN where not said."""
        return line.codes(self.signal, self.texts)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {"kind": "state", "signal": self.signal, "texts": list(self.texts)}


@dataclass(frozen=True, slots=True)
class LevelSplit:
    """Each stretch between the cuts of a number is a way of working."""

    signal: str
    cuts: tuple[float, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The ways in words."""
        between = [f"{self.signal} {a:.4g} to {b:.4g}" for a, b in zip(self.cuts, self.cuts[1:], strict=False)]
        return (f"{self.signal} below {self.cuts[0]:.4g}", *between, f"{self.signal} from {self.cuts[-1]:.4g}")

    def column(self, line: SampleLine) -> Values:
        """Return the way of each sample, (n_samples,) float; NaN where not said."""
        values = line.numbers(self.signal)
        level = np.searchsorted(np.array(self.cuts), values, side="right")
        return np.where(np.isnan(values), np.nan, level)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {"kind": "level", "signal": self.signal, "cuts": list(self.cuts)}


@dataclass(frozen=True, slots=True)
class Regimes:
    """Every combination of the splits' ways is a regime; without splits there is one, `any`."""

    splits: tuple[StateSplit | LevelSplit, ...] = ()

    def codes(self, line: SampleLine, at: Times, settings: AnomalySettings) -> Codes:
        """Return the regime at each place of the line; `UNKNOWN` where one of the signals is silent or strange."""
        code, known = np.zeros(len(at), dtype=np.int64), np.ones(len(at), dtype=bool)
        for split in self.splits:
            way = line.held(split.column(line), at, settings.memory)
            known &= way >= 0
            code = code * len(split.labels) + np.where(known, way, 0).astype(np.int64)
        return np.where(known, code, UNKNOWN)

    def label(self, code: int) -> str:
        """Return a regime in words."""
        words = []
        for split in reversed(self.splits):
            code, way = divmod(code, len(split.labels))
            words.append(split.labels[way])
        return ", ".join(reversed(words)) or "any"

    def as_data(self) -> list[dict[str, Any]]:
        """Return the splits as plain data for JSON."""
        return [split.as_data() for split in self.splits]

    @classmethod
    def from_data(cls, data: Iterable[Mapping[str, Any]]) -> "Regimes":
        """Build from what `as_data` gave."""
        return cls(
            tuple(
                StateSplit(d["signal"], tuple(d["texts"]))
                if d["kind"] == "state"
                else LevelSplit(d["signal"], tuple(d["cuts"]))
                for d in data
            )
        )


def choose_regimes(line: SampleLine, among: Mask, settings: AnomalySettings) -> Regimes:
    """Return the regimes that some samples show.

    - A state signal with 2 to `most_regimes` texts of at least `fewest_share` each.
    - A number with levels that lie apart (`models.anomaly.levels`), between which most machines go to and
      fro. The best separated comes first, because a setting jumps more cleanly than what answers to it; a
      signal whose level follows from those before is left alone, so that its own faults stay visible.

    Parameters
    ----------
    line
        What machines of one model said.
    among : (n_samples,) bool
        The samples to choose by: of running machines, in the time to fit on.
    settings
        What counts as a level.
    """
    splits: list[StateSplit | LevelSplit] = [
        StateSplit(signal, texts) for signal in line.texts if (texts := _texts(line, signal, among, settings))
    ]
    levels = [split for signal in line.measured if (split := _levels(line, signal, among, settings))]
    for split in sorted(levels, key=lambda s: -_clearness(line, s, among)):
        if not _follows(line, split, Regimes(tuple(splits)), among, settings):
            splits.append(split)
    return Regimes(tuple(splits))


def _texts(line: SampleLine, signal: str, among: Mask, settings: AnomalySettings) -> tuple[str, ...]:
    kept = tuple(text for text, share in line.shares(signal, among).items() if share >= settings.fewest_share)
    return kept if 2 <= len(kept) <= settings.most_regimes else ()


def _levels(line: SampleLine, signal: str, among: Mask, settings: AnomalySettings) -> LevelSplit | None:
    values = line.numbers(signal)
    said = among & ~np.isnan(values)
    cuts = level_cuts(
        values[said],
        separation=settings.separation,
        material=settings.material,
        fewest_share=settings.fewest_share,
        most=settings.most_regimes,
    )
    if not cuts:
        return None
    split = LevelSplit(signal, cuts)
    level, machine = split.column(line)[said], line.machine[said]
    if _dithers(values[said], cuts, level, machine) or not _goes_to_and_fro(level, machine, settings):
        return None
    return split


def _goes_to_and_fro(level: Values, machine: Codes, settings: AnomalySettings) -> bool:
    """Tell whether at least half of the machines change level often: a place, or wear, is no regime."""
    changes = np.flatnonzero((np.diff(level) != 0) & (np.diff(machine) == 0))
    _, switches = np.unique(machine[changes], return_counts=True)
    return bool(2 * (switches >= settings.fewest_switches).sum() >= len(np.unique(machine)))


def _dithers(values: Values, cuts: Sequence[float], level: Values, machine: Codes) -> bool:
    """Tell whether the levels are only the steps of a coarse sensor, between which noise throws the value.

    Levels that lie one step of the sensor apart count as levels where the value stays on them: where it changes
    less than half as often as draws by lot would.
    """
    steps = np.unique(values)
    gaps = np.diff(steps)[np.searchsorted(steps, cuts) - 1]
    if gaps.min() > _STEPS_APART * np.diff(steps).min():
        return False
    share = np.unique(level, return_counts=True)[1] / len(level)
    changes = (np.diff(level) != 0)[np.diff(machine) == 0]
    return bool(changes.mean() > (1.0 - (share**2).sum()) / 2)


def _clearness(line: SampleLine, split: LevelSplit, among: Mask) -> float:
    values = line.numbers(split.signal)
    return separation_of(values[among & ~np.isnan(values)], split.cuts)


def _follows(line: SampleLine, split: LevelSplit, before: Regimes, among: Mask, settings: AnomalySettings) -> bool:
    """Tell whether the level follows from the regimes before."""
    level = split.column(line)
    known = among & ~np.isnan(level)
    code = before.codes(line, line.place, settings)[known]
    pairs, counts = np.unique(np.stack([code, level[known].astype(np.int64)]), axis=1, return_counts=True)
    most_of_code = [counts[pairs[0] == c].max() for c in np.unique(pairs[0])]
    return bool(sum(most_of_code) >= _FOLLOWS * known.sum())
