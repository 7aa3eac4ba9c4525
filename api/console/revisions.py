"""Whether late data changed the forecast that an order rests on, after it was proposed."""

from api.console.words import percent
from foreworn.loop.operations import Transaction
from foreworn.loop.revised_evidence import ACTION
from foreworn.planning import WorkOrder


def changed_since(tx: Transaction, order: WorkOrder) -> str:
    """Return in a sentence what the same forecast says by now; an empty text where nothing changed."""
    if order.evidence is None:
        return ""
    newest = next((entry for _, entry in tx.audit.find(subject=order.id) if entry.action == ACTION), None)
    if newest is None or not isinstance(says := newest.detail.get("probability"), int | float):
        return ""
    return (
        f"Late data changed this forecast: it says {percent(says)} now instead of "
        f"{percent(order.evidence.probability)}. What it saves was not worked out again."
    )
