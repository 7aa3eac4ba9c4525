"""A folder of models that only describe themselves: four versions, one of them damaged, and how they came in use."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foreworn.clock import ManualClock
from foreworn.errors import DamagedModel
from foreworn.loop.promotion_decision import DECISION, REPORT, REPORT_PAGE, Check, PromotionDecision, as_json
from models.registry import FolderStore
from tests.unit.api.seeded_fleet import DAY, NOW, StubModel

FIRST, SECOND, WEAK, BROKEN = "gb-1first", "gb-2second", "gb-3weak", "gb-4broken"
REPORT_HTML = b"<!DOCTYPE html><title>report</title><style>p { color: rgb(1, 2, 3) }</style><p>It caught 7 of 8.</p>"
PASSED = Check("recall", True, "caught 8 of 9 failures 12 h ahead, against 8; false alarms 3 against 3")
NO_SKILL = Check("skill", False, "Brier skill on unseen inner folds: -0.05; above 0 is asked")
NO_SIGNS = Check("signs", False, "components learned from their signs: 0; above 0 is asked", binding=False)


@dataclass(frozen=True)
class TrainedStub(StubModel):
    """One with figures."""

    skill: float = 0.41

    def describe(self) -> Mapping[str, object]:
        """Return what the real one would tell."""
        own = {"failures": 20, "rows": 9000, "base_rate": 0.01}
        return {
            **super().describe(),
            "metrics": {"bearing": own | {"inner_brier_skill": self.skill, "inner_calibration_slope": 0.93}},
        }


class DescribingStore(FolderStore[TrainedStub]):
    """Implements `KeptModels`."""

    def __init__(self, folder: Path) -> None:
        self.time = ManualClock(NOW - 40 * DAY)
        super().__init__(folder, kind="model", card="skill.txt", read=_read, write=_write, clock=self.time)

    def describe(self, version: str) -> Mapping[str, object]:
        """Return what the model says."""
        return self.load(version).describe()


def _read(folder: Path) -> TrainedStub:
    try:
        return TrainedStub(folder.name, skill=float((folder / "skill.txt").read_text()))
    except ValueError as problem:
        raise DamagedModel(folder, "skill.txt does not match its checksum") from problem


def _write(model: TrainedStub, folder: Path) -> None:
    (folder / "skill.txt").write_text(str(model.skill))


def decided(models: DescribingStore, version: str, *checks: Check, promoted: bool, against: str | None = None) -> None:
    """File a decision."""
    decision = PromotionDecision(version, promoted, checks, against)
    models.attach(version, DECISION, as_json(decision.as_data()))


def promoted_models(folder: Path) -> DescribingStore:
    """Return a store in which the second version serves, after the first; the third is kept, the fourth is damaged."""
    models = DescribingStore(folder)
    for version, skill in ((FIRST, 0.2), (SECOND, 0.41), (WEAK, -0.05), (BROKEN, 0.3)):
        models.save(TrainedStub(version, skill=skill))
    decided(models, FIRST, NO_SIGNS, promoted=True)
    models.promote(FIRST, by="foreworn", why="nothing better serves, though it failed: signs")
    models.time.set(NOW - 10 * DAY)
    decided(models, SECOND, PASSED, promoted=True, against=FIRST)
    models.attach(SECOND, REPORT_PAGE, REPORT_HTML)
    models.attach(SECOND, REPORT, b'{"model": "gb-2second"}\n')
    models.promote(SECOND, by="emil", why="passed every check")
    decided(models, WEAK, PASSED, NO_SKILL, promoted=False, against=SECOND)
    (folder / BROKEN / "skill.txt").write_text("?")
    return models
