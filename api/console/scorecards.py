"""How often each model was right, from closed orders and outcomes, and its reliability diagram."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console.track_record import share_range
from api.console.words import percent, plural
from api.services import ConsoleServices
from foreworn.health.label import Label, Outcome
from foreworn.health.scorecard import CalibrationBin, Scorecard, scorecard
from foreworn.planning import WorkOrderKind

_ENOUGH_FAILURES, _ENOUGH_OUTCOMES = 5, 30
"""With fewer a share says next to nothing."""
_SIDE, _LEFT, _TOP, _BOTTOM = 200.0, 52.0, 24.0, 36.0


@dataclass(frozen=True, slots=True)
class Card:
    """One model version's record, with what a person should know of it first."""

    card: Scorecard

    @property
    def known(self) -> int:
        """How many forecasts whose whole time has passed have an outcome that says whether they were right."""
        return sum(b.said for b in self.card.calibration)

    @property
    def young(self) -> str:
        """Why its shares cannot be believed yet; empty where they can."""
        card = self.card
        if not self.known:
            waiting = plural(card.pending, "forecast waits", "forecasts wait")
            return f"Too young to judge: of no forecast has the whole time passed yet; {waiting} for that."
        if card.failures < _ENOUGH_FAILURES or self.known < _ENOUGH_OUTCOMES:
            return (
                f"Too young to judge: {plural(self.known, 'outcome')} so far, {plural(card.failures, 'failure')} among "
                "them. What stands below can change with the next one."
            )
        return ""

    @property
    def precision(self) -> str:
        """Share of alarms that were right, in words with its interval."""
        return _said(self.card.alarms_confirmed, self.card.alarms_confirmed + self.card.alarms_refuted)

    @property
    def recall(self) -> str:
        """Share of failures that were told, in words with its interval."""
        return _said(self.card.caught, self.card.failures)

    @property
    def diagram(self) -> Markup:
        """The reliability diagram."""
        return reliability_diagram(self.card.calibration)


def _said(hits: int, trials: int) -> str:
    if not trials:
        return "not known: none yet"
    return f"{hits} of {trials}: {percent(hits / trials)} (95 % interval {share_range(hits, trials)})"


def cards_of(services: ConsoleServices, serving: str | None) -> list[Card]:
    """Return a card per model version that has said anything, the one in use first, then the newest."""
    with services.operations.reading() as tx:
        labels = tx.labels.of_model()
        orders = tx.orders.find(kind=WorkOrderKind.PREDICTIVE)
    by_version: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        by_version[label.model_version].append(label)
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for order in orders:
        if order.evidence is not None and order.outcome is not None:
            outcomes[order.evidence.model_version].append(order.outcome)
    newest = {version: max(x.issued_at for x in said) for version, said in by_version.items()}
    versions = sorted(newest, key=lambda version: (version == serving, newest[version]), reverse=True)
    return [Card(scorecard(by_version[v], outcomes[v], model_version=v)) for v in versions]


def reliability_diagram(bins: Sequence[CalibrationBin]) -> Markup:
    """Return what was said against what happened as inline SVG: on the diagonal, forecasts kept their word.

    Each point has the 95 % interval of its share, and its area grows with how many forecasts it counts.
    """
    most = max((b.said for b in bins), default=1)
    parts = [_frame(), *(_point(b, most) for b in bins)]
    width, height = _LEFT + _SIDE + 12, _TOP + _SIDE + _BOTTOM
    head = Markup('<svg class="picture reliability" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        width, height, "Share that failed, against the probability that was said"
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIDE


def _frame() -> Markup:
    lines = Markup('<path class="axis" d="M{0} {1}V{2}H{3}"/><path class="limit" d="M{0} {2}L{3} {1}"/>').format(
        _x(0), _y(1), _y(0), _x(1)
    )
    words = [
        (0, 12, "start", "share that failed"),
        (_x(1), _y(0) + 32, "end", "probability said"),
        *((_LEFT - 6, _y(v) + 4, "end", percent(v)) for v in (0.0, 0.5, 1.0)),
        *((_x(v), _y(0) + 16, anchor, percent(v)) for v, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))),
    ]
    texts = [Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(*word) for word in words]
    return lines + Markup("").join(texts)


def _point(one: CalibrationBin, most: int) -> Markup:
    low, high = one.interval
    radius = 3 + 5 * (one.said / most) ** 0.5
    return Markup(
        '<path class="curve c1" d="M{0:.1f} {1:.1f}V{2:.1f}"/><circle class="dot c1" cx="{0:.1f}" cy="{3:.1f}" '
        'r="{4:.1f}"><title>{5}</title></circle>'
    ).format(
        _x(one.mean),
        _y(low),
        _y(high),
        _y(one.happened / one.said),
        radius,
        f"{one.happened} of {one.said} failed or were found worn where {percent(one.mean)} was said on average",
    )
