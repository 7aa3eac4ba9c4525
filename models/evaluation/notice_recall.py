"""How many failures were foretold with how many hours' notice, all components at one threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from models.evaluation.alarms import FailureNotice
from models.evaluation.fleet_intervals import FleetIntervals, Interval

HOURS: Final = (6, 12, 24, 48)


@dataclass(frozen=True, slots=True)
class NoticeRecall:
    """Of the failures that could have had so many hours of notice, those that did.

    Parameters
    ----------
    hours
        Of notice.
    failures
        Whose machines had been forecast for so long before.
    caught
        Those told so many hours before at the latest, as `FailureNotice.rang` counts it.
    interval
        Of the recall; `FleetIntervals.share`.
    """

    hours: int
    failures: int
    caught: int
    interval: Interval

    @property
    def recall(self) -> float:
        """The share caught; NaN where no failure could have been."""
        return self.caught / self.failures if self.failures else float("nan")


def could_have_notice(notices: Sequence[FailureNotice], hours: int) -> list[FailureNotice]:
    """Return the failures whose machines had been forecast for so many hours before."""
    return [n for n in notices if n.watched_h >= hours]


def with_notice(notices: Sequence[FailureNotice], hours: int) -> list[FailureNotice]:
    """Return those of `could_have_notice` that were told so many hours before at the latest."""
    return [n for n in could_have_notice(notices, hours) if n.rang(timedelta(hours=hours))]


def notice_recall(notices: Sequence[FailureNotice], fleet: FleetIntervals) -> list[NoticeRecall]:
    """Return the recall at each of `HOURS` of notice.

    Up to the horizon less one step of the rows' grid this is the share of failures with such a lead time. Longer notice
    than the horizon is had from an alarm that began early and was still ringing when the horizon began.
    """
    return [_recall(could_have_notice(notices, hours), hours, fleet) for hours in HOURS]


def _recall(notices: Sequence[FailureNotice], hours: int, fleet: FleetIntervals) -> NoticeRecall:
    rang = [n.rang(timedelta(hours=hours)) for n in notices]
    return NoticeRecall(hours, len(notices), sum(rang), fleet.share([n.machine for n in notices], rang))
