"""What a filed promotion report says in one line, wherever its version is named."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foreworn.loop.promotion_decision import REPORT

if TYPE_CHECKING:
    from foreworn.loop.kept_models import KeptModels


@dataclass(frozen=True, slots=True)
class Headline:
    """A report in a line.

    Parameters
    ----------
    said
        How many failures were told, and how often it rang for nothing.
    worry
        Why that is no reason to trust the version; empty where the report gives none.
    """

    said: str
    worry: str = ""

    def as_data(self) -> dict[str, str]:
        """Return it as JSON-able values."""
        return {"said": self.said, "worry": self.worry}


def filed_headline(models: "KeptModels", version: str) -> Headline | None:
    """Return the headline of the report that was filed with a version; None where none was, or it has no figures.

    Raises
    ------
    NotFound, DamagedModel
        If there is no such version, or what is filed with it cannot be read.
    """
    if REPORT not in models.attachments(version):
        return None
    return headline(json.loads(models.attachment(version, REPORT)))


def headline(report: Mapping[str, Any]) -> Headline | None:
    """Return a backtest's report in a line; None where it has no figures.

    Examples
    --------
    >>> found = headline({"figures": {"failures": 12, "caught_12h": 0, "false_alarms_per_machine_month": 0.31}})
    >>> print(found.said, found.worry, sep="; ")
    0 of 12 failures told 12 h ahead, 0.31 false alarms per machine and month; it caught nothing
    """
    figures = report.get("figures", {})
    failures, caught = figures.get("failures"), figures.get("caught_12h")
    if failures is None or caught is None:
        return None
    rate = figures.get("false_alarms_per_machine_month")
    rang = "" if rate is None else f", {rate:.2g} false alarms per machine and month"
    told = f"{caught:,} of {failures:,} failures told 12 h ahead" if failures else "no failure in the judged time"
    return Headline(told + rang, _worry(report, failures, caught))


def _worry(report: Mapping[str, Any], failures: int, caught: int) -> str:
    """Return what speaks against the version, the gravest first."""
    leaks = sum(probe.get("passed") is False for probe in report.get("probes") or ())
    skill = report["figures"].get("brier_skill")
    if leaks:
        return f"{leaks} check{'' if leaks == 1 else 's'} for leaks failed, so its figures are better than it is"
    if not failures:
        return "nothing shows what it would catch"
    if not caught:
        return "it caught nothing"
    if skill is not None and skill <= 0:
        return f"its probabilities know no more than the ordinary rate of failures (Brier skill {skill:.2g})"
    return ""
