"""Why a forecast is what it is, as a person would say it."""

import math
import re
from collections.abc import Sequence
from datetime import timedelta

from api.console.words import label, number, reading, span
from foreworn.health.forecast import BY_AGE, Reason
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType

_WINDOW = re.compile(r"(?P<source>.+) (?P<figure>mean|spread|count) (?P<hours>\d+) h")
_CHANGE = re.compile(r"(?P<source>.+) change (?P<hours>\d+) h against (?P<longer>\d+) h")
_REPLACED = "hours since replacement of "
_NAMES = {"mean": "mean of", "spread": "spread over", "count": "count in"}
_IN_DAYS_FROM = 72.0


def raising(reasons: Sequence[Reason], most: int) -> list[Reason]:
    """Return what raises the probability most; that something is not known raises it too, and tells nobody anything.

    That a forecast rests on age alone is said whichever way the age pulls, and known or not.
    """
    return [r for r in reasons if is_by_age(r) or (r.contribution > 0 and r.value is not None)][:most]


def is_by_age(reason: Reason) -> bool:
    """Tell whether a reason says that its forecast rests on age alone, and how far it may be off."""
    return reason.feature.startswith(BY_AGE)


def reason_name(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return what is looked at, such as `Vibration, mean of 24 h`."""
    if reason.feature.startswith(_REPLACED):
        return f"time since {_component(reason)} was replaced"
    change, window = _CHANGE.fullmatch(reason.feature), _WINDOW.fullmatch(reason.feature)
    if change is not None:
        return f"{_subject(reason, catalogue)}, change of {_length(change)} against {_longer(change)}"
    if window is None:
        return reading(reason.feature)
    subject = _subject(reason, catalogue)
    if _is_counter(reason, catalogue):
        return subject
    return f"{subject}, {_NAMES[window['figure']]} {_length(window)}"


def reason_value(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return the value now with its unit, or `not known`; a category stands in the name already."""
    if _is_category(reason):
        return ""
    return "not known" if reason.value is None else _measured(reason, reason.value, catalogue)


def reason_usual(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return where the middle 90 % of the training rows lay with its unit, or an empty text."""
    ordinary = _usual_figures(reason)
    return ordinary + _unit(reason, catalogue) if ordinary else ""


def _usual_figures(reason: Reason) -> str:
    if reason.usual_low is None or reason.usual_high is None:
        return ""
    low, high = _figure(reason, reason.usual_low), _figure(reason, reason.usual_high)
    if low == high:
        return low
    return f"{low} to {high}" if low.startswith("−") else f"{low}–{high}"


def reason_phrase(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return one reason in a few words, such as `Vibration averaged 7.9 mm/s over 24 h, usual 2–4`."""
    phrase = _happening(reason, catalogue)
    ordinary = _usual_figures(reason)
    return f"{phrase}, usual {ordinary}" if ordinary else phrase


def _happening(reason: Reason, catalogue: SignalCatalogue) -> str:
    if is_by_age(reason):
        return f"{reason.feature}; {reason.source} {reason_value(reason, catalogue)}"
    window = _WINDOW.fullmatch(reason.feature)
    value = reason_value(reason, catalogue)
    change = _CHANGE.fullmatch(reason.feature)
    if change is not None and reason.value is not None:
        way = "below" if reason.value < 0 else "above"
        return f"{_subject(reason, catalogue)} {value.lstrip('−')} {way} its mean of {_longer(change)}"
    if reason.value is None or (window is None and not reason.feature.startswith(_REPLACED)):
        return f"{reason_name(reason, catalogue)} {value}".strip()
    if window is None:
        return f"{_component(reason)} replaced {value} ago"
    subject = _subject(reason, catalogue)
    if _is_counter(reason, catalogue):
        return f"{subject} {value}"
    return {
        "mean": f"{subject} averaged {value} over {_length(window)}",
        "spread": f"{subject} varied by {value} over {_length(window)}",
        "count": f"{subject} {'once' if value == '1' else f'{value} times'} in {_length(window)}",
    }[window["figure"]]


def position(reason: Reason) -> str:
    """Return where the value lies against its usual range; an empty text where that is not known."""
    if reason.value is None or reason.usual_low is None or reason.usual_high is None:
        return ""
    if reason.value > reason.usual_high:
        return "above usual"
    return "below usual" if reason.value < reason.usual_low else "as usual"


def effect(contribution: float) -> str:
    """Return what a share in the log-odds does to the odds of failing.

    Examples
    --------
    >>> [effect(c) for c in (2.31, -0.21, 0.0001)]
    ['▲ odds × 10.1', '▽ odds ÷ 1.2', 'hardly any']
    """
    factor = f"{math.exp(min(abs(contribution), 50.0)):,.1f}"
    if factor == "1.0":
        return "hardly any"
    return f"▲ odds × {factor}" if contribution > 0 else f"▽ odds ÷ {factor}"


def signal_of(reason: Reason, catalogue: SignalCatalogue) -> Signal | None:
    """Return the signal a reason is about; None where it is about an event or a record."""
    return catalogue.by_name(reason.source) if reason.source in catalogue.names else None


def _is_category(reason: Reason) -> bool:
    return reason.source == "machine model"


def _is_counter(reason: Reason, catalogue: SignalCatalogue) -> bool:
    signal = signal_of(reason, catalogue)
    return signal is not None and signal.type is SignalType.COUNTER


def _subject(reason: Reason, catalogue: SignalCatalogue) -> str:
    signal = signal_of(reason, catalogue)
    return label(signal) if signal else reading(reason.source)


def _component(reason: Reason) -> str:
    return reason.feature.removeprefix(_REPLACED)


def _length(window: re.Match[str]) -> str:
    return span(timedelta(hours=int(window["hours"])))


def _longer(change: re.Match[str]) -> str:
    return span(timedelta(hours=int(change["longer"])))


def _in_days(reason: Reason) -> bool:
    longest = max(v for v in (reason.value, reason.usual_high, 0.0) if v is not None)
    return _in_hours(reason) and longest >= _IN_DAYS_FROM


def _in_hours(reason: Reason) -> bool:
    return reason.feature.startswith(_REPLACED) or is_by_age(reason)


def _figure(reason: Reason, value: float) -> str:
    return f"{value / 24:,.0f}" if _in_days(reason) else number(value)


def _measured(reason: Reason, value: float, catalogue: SignalCatalogue) -> str:
    return _figure(reason, value) + _unit(reason, catalogue)


def _unit(reason: Reason, catalogue: SignalCatalogue) -> str:
    signal = signal_of(reason, catalogue)
    if signal is not None:
        return f" {signal.unit}" if signal.unit else ""
    if _in_hours(reason):
        return " d" if _in_days(reason) else " h"
    return " years" if reason.source == "machine age" else ""
