"""What a trained model was held against and what that decided, as it is filed with the version."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from models.registry import FolderModelStore

if TYPE_CHECKING:
    from foreworn.loop.kept_models import KeptModels

DECISION: Final = "promotion.json"
REPORT_PAGE: Final = "report.html"
REPORT: Final = "report.json"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    name, passed, said
        What, whether it was good, and the figures in a sentence.
    binding
        Whether failing it keeps the model out of use.
    judged
        Whether there was anything to judge it by; what was not judged has not failed.
    """

    name: str
    passed: bool
    said: str
    binding: bool = True
    judged: bool = True


@dataclass(frozen=True, slots=True)
class PromotionDecision:
    """Whether a version takes over.

    Parameters
    ----------
    version
        The version judged.
    promoted
        Whether it is in use from now on.
    checks
        What was looked at.
    against
        The version that was in use; None where nothing was, or nothing that could be read.
    """

    version: str
    promoted: bool
    checks: tuple[Check, ...]
    against: str | None

    @property
    def failed(self) -> tuple[Check, ...]:
        """What it failed, binding or not."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def why(self) -> str:
        """The outcome in a sentence."""
        failed = ", ".join(check.name for check in self.failed)
        if not self.failed:
            all_judged = all(check.judged for check in self.checks)
            return "passed every check" if all_judged else "passed every check that could be made"
        return f"nothing better serves, though it failed: {failed}" if self.promoted else f"failed: {failed}"

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return asdict(self) | {"checks": [asdict(check) for check in self.checks]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PromotionDecision":
        """Return what `as_data` told."""
        checks = tuple(Check(**check) for check in data["checks"])
        return cls(data["version"], data["promoted"], checks, data["against"])


def file_decision(models: FolderModelStore, decision: PromotionDecision) -> None:
    """File a decision with its version."""
    models.attach(decision.version, DECISION, as_json(decision.as_data()))


def filed_decision(models: "KeptModels", version: str) -> PromotionDecision | None:
    """Return the decision that was filed with a version, None where none was."""
    if DECISION not in models.attachments(version):
        return None
    return PromotionDecision.from_data(json.loads(models.attachment(version, DECISION)))


def as_json(data: Mapping[str, object]) -> bytes:
    """Return what is filed of data: the same data gives the same bytes."""
    return (json.dumps(data, indent=2, sort_keys=True) + "\n").encode()
