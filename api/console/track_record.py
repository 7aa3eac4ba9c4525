"""How much to trust a probability: how often such a one came true."""

from api.console.words import percent
from foreworn.health.scorecard import wilson
from foreworn.planning.evidence import TrackRecord


def band(record: TrackRecord) -> str:
    """Return where the true share lies by the record, in whole percent.

    Examples
    --------
    >>> band(TrackRecord(said=40, failed=23, low=0.6, high=0.7))
    '42–71 %'
    """
    return share_range(record.failed, record.said)


def share_range(hits: int, trials: int) -> str:
    """Return the 95 % interval of a share in whole percent.

    Examples
    --------
    >>> share_range(3, 3)
    '44–100 %'
    """
    low, high = wilson(hits, trials)
    return f"{percent(low).removesuffix(' %')}–{percent(high)}"
