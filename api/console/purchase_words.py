"""How a purchase proposal reads: what it rests on, and the usual reasons to decline it."""

from datetime import datetime

from api.console.words import money, number, percent, when
from foreworn.spares import PurchaseOrder

DECLINE_ANSWERS = (
    ("enough", "There is enough, the books are wrong"),
    ("elsewhere", "Another store has it"),
    ("later", "It can wait"),
    ("replaced", "Another part takes its place"),
    ("too_dear", "It is too dear for what it saves"),
)
"""(code, sentence); the sentence is what is kept as the reason."""

_NAMES = {
    "supply": "on hand or coming",
    "reserved": "reserved until it can arrive",
    "mean_demand": "other demand until then, on average",
    "reorder_point": "reorder point",
    "target": "service level aimed at",
    "cycle_service_level": "cycle service level",
    "fill_rate": "fill rate",
    "stockout_without": "chance of running out without it",
    "stockout_with": "chance of running out with it",
    "needed_by": "needed by",
    "order_by": "order by",
    "cost": "cost",
}
_SHARES = frozenset({"target", "cycle_service_level", "fill_rate", "stockout_without", "stockout_with"})
_TIMES = frozenset({"needed_by", "order_by"})


def assumptions(purchase: PurchaseOrder, currency: str, now: datetime) -> list[tuple[str, str]]:
    """Return what a proposal rested on when it was made, as names and values a person reads."""
    return [
        (_NAMES.get(name, name.replace("_", " ")), _value(name, value, currency, now))
        for name, value in purchase.evidence
    ]


def _value(name: str, value: float | str, currency: str, now: datetime) -> str:
    if name in _TIMES:
        return when(datetime.fromisoformat(str(value)), now)
    if isinstance(value, str):
        return value
    if name == "reorder_point" and value < 0:
        return "none: it is bought only for a job"
    if name == "cost":
        return money(value, currency, digits=3)
    return percent(value) if name in _SHARES else number(value)
