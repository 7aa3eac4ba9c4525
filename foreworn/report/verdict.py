"""What a reader who stops after the first lines should know."""

from collections.abc import Mapping
from typing import Final

from foreworn.report.record import BacktestRecord, Notice, Priced
from foreworn.report.trust import FEW
from foreworn.report.words import counted, day_of, figure, hours, interval, money, percent, sentence, share_interval

_NOTICE_H = 12
PRICE_NEEDS: Final = (
    "A price needs failures that nobody prevented: engines or machines run to failure, or a simulated plant. In a "
    "history whose replacements were already made, nobody can know what acting on these forecasts would have cost."
)


def verdict(record: BacktestRecord) -> dict[str, str]:
    """Return what follows the first sentence, by what it is about: false alarms, notice, money."""
    told = {"False alarms": false_alarms(record), "Notice": lead_time(record), "Money": worth(record)}
    return {about: said for about, said in told.items() if said}


def judged_by(record: BacktestRecord) -> Notice | None:
    """Return what was caught with the notice that a plan needs: 12 hours, or the nearest that was measured."""
    if record.notice:
        return min(record.notice, key=lambda one: abs(one.hours - _NOTICE_H))
    failures, told = record.figures.get("failures"), record.figures.get("caught_12h")
    if failures is None or told is None:
        return None
    ends = [record.figures.get(f"recall_12h_{end}") for end in ("low", "high")]
    return Notice(hours=_NOTICE_H, failures=int(failures), caught=int(told), low=ends[0], high=ends[1])


def caught(record: BacktestRecord) -> str:
    """Return of how many failures how many were told ahead."""
    best = judged_by(record)
    where = _stretch(record)
    if best is None:
        return f"This report does not say how many failures{where} were told ahead."
    if not best.failures:
        return f"Nothing failed{where}: nobody can know what this model would have caught."
    share = f"{percent(best.caught / best.failures)}; 95 % interval {share_interval(best.low, best.high)}"
    told = "all" if best.caught == best.failures else f"{best.caught:,}" if best.caught else "none"
    few = " These are few: one failure more or less changes the share visibly." if best.failures < FEW else ""
    return (
        f"Of {counted(best.failures, 'failure')}{where}, this model would have told "
        f"{told} at least {best.hours} hours ahead ({share}).{few}"
    )


def false_alarms(record: BacktestRecord) -> str:
    """Return how often it would have rung for nothing, per machine and month."""
    known = record.figures
    rate, months = known.get("false_alarms_per_machine_month"), machine_months(record)
    if rate is None:
        return "How often it would have rung for nothing is not known: the report counts no machine-months."
    if rate == 0 and months:
        most = known.get("false_alarms_per_machine_month_high")
        sure = "" if most is None else f"; 95 % interval 0 to {figure(most)} per machine and month"
        return f"It would never have rung for nothing in {counted(months, 'machine-month')}{sure}."
    low, high = (known.get(f"false_alarms_per_machine_month_{end}") for end in ("low", "high"))
    sure = "" if low is None or high is None else f" (95 % interval {figure(low)} to {figure(high)})"
    return (
        f"It would have rung for nothing {figure(rate)} times per machine and month{sure}"
        f"{_alarms_in_all(record, months)}{_a_month(record, rate)}."
    )


def _alarms_in_all(record: BacktestRecord, months: float | None) -> str:
    alarms = record.figures.get("false_alarms")
    if alarms is None or not months:
        return ""
    return f", {counted(alarms, 'false alarm')} in {counted(months, 'machine-month')}"


def _a_month(record: BacktestRecord, rate: float) -> str:
    machines = record.data.machines
    return f": about {figure(float(f'{rate * machines:.1g}'))} a month on {machines:,} machines" if machines else ""


def machine_months(record: BacktestRecord) -> float | None:
    """Return over how much running false alarms were counted; None where the report does not say."""
    told = record.figures.get("machine_months")
    return told or sum(month.machine_months for month in record.months) or None


def lead_time(record: BacktestRecord) -> str:
    """Return how long ahead the told failures were told."""
    times = record.lead_time_h or {
        f"p{level}": record.figures[f"lead_time_p{level}_h"]
        for level in (10, 50, 90)
        if f"lead_time_p{level}_h" in record.figures
    }
    if "p50" not in times:
        return ""
    middle, tenth = times["p50"], times.get("p10")
    if tenth == middle:
        return f"Of the failures that an alarm told at all, nine of ten were told at least {hours(middle)} ahead."
    spread = "" if tenth is None else f", nine of ten at least {hours(tenth)}"
    return f"Of the failures that an alarm told at all, half were told at least {hours(middle)} ahead{spread}."


def worst_left_out(left_out: Mapping[str, int]) -> str:
    """Return how many were wrong in the same way and are not listed; empty where all are."""
    names = (("missed", "missed failure"), ("late", "failure told late"), ("false_alarm", "false alarm"))
    more = [
        counted(left_out[kind], one, one.replace("failure", "failures") if kind == "late" else "")
        for kind, one in names
        if left_out.get(kind)
    ]
    return f"Not listed: {', '.join(more)}." if more else ""


def answered(passed: bool | None, said: str) -> str:
    """Return what a probe for leaks found as the answer to its question; no is the good one.

    Examples
    --------
    >>> answered(True, "none of 12 rows"), answered(False, "2 of 12 rows"), answered(None, "too few failures")
    ('No: none of 12 rows.', 'Yes: 2 of 12 rows.', 'Nobody knows: too few failures.')
    """
    answer = "Nobody knows" if passed is None else "No" if passed else "Yes"
    return sentence(f"{answer}: {said}" if said else answer)


def worth(record: BacktestRecord) -> str:
    """Return what acting on it saves, or why that was not priced."""
    if record.priced is None:
        return f"Not priced. {why_not_priced(record)}"
    return f"{_saving(record.priced)} {gap(record.priced)}"


def why_not_priced(record: BacktestRecord) -> str:
    """Return the report's own reason, or what pricing needs."""
    own = next((limit for limit in record.limits if limit.lower().startswith("not priced")), "")
    return sentence(own[len("not priced") :].lstrip(" :.")) or PRICE_NEEDS


def gap(priced: Priced) -> str:
    """Return how much of what there was to save the model saves."""
    closed = priced.gap_closed
    if closed is None:
        return "The share of the possible saving is not known: perfect foresight saved nothing over a fixed age."
    if closed < 0:
        return "It did worse than replacing at the best fixed age."
    low, high = priced.gap_closed_low, priced.gap_closed_high
    sure = "; no interval was measured" if low is None or high is None else f"; 95 % interval {interval(low, high)}"
    word = "That is"
    if low is not None and low <= 0:
        word = "Whether that beats replacing at the best fixed age is open: it is"
    return f"{word} {percent(closed)} of what perfect foresight would save over replacing at the best fixed age{sure}."


def measured_on(priced: Priced) -> str:
    """Return on how many machines and lives it was priced, and how many of those lives failed."""
    sizes = [counted(priced.units, "machine")] if priced.units is not None else []
    sizes += [counted(priced.lives, "life", "lives")] if priced.lives is not None else []
    measured = f"Measured on {' and '.join(sizes)} that ended in a failure. " if sizes else ""
    names = {"model": "acting on the model", "best_age": "replacing at the best fixed age"}
    of = f" of {priced.lives:,}" if priced.lives is not None else ""
    failed = [f"{priced.failures[key]:,}{of} {name}" for key, name in names.items() if key in priced.failures]
    return measured + (f"Lives that would have failed: {', '.join(failed)}." if failed else "")


def in_hindsight(priced: Priced) -> str:
    """Return what is left against the fixed age that nobody could have known."""
    closed = priced.gap_closed_against_age_in_hindsight
    if closed is None:
        return ""
    return f"Against the fixed age that would have been cheapest for these very lives, it is {percent(closed)}."


def _saving(priced: Priced) -> str:
    costs = priced.cost_per_1000h
    model, age, failure = (money(c, priced.currency) for c in (costs.model, costs.best_age, costs.run_to_failure))
    return (
        f"Acting on it would have cost {model} per machine and 1,000 hours, replacing at the best fixed age {age}, and "
        f"running to failure {failure}{_on(priced)}."
    )


def _on(priced: Priced) -> str:
    return f" ({priced.subject})" if priced.subject else ""


def _stretch(record: BacktestRecord) -> str:
    machines = record.data.machines
    fleet = f" of {counted(machines, 'machine')}" if machines else ""
    if record.split == "unit":
        return f"{fleet} that it had not learned from"
    data = record.data
    if data.test_from and data.test_to:
        return f"{fleet} from {day_of(data.test_from)} to {day_of(data.test_to)}"
    return f"{fleet} after {day_of(data.trained_until)}" if data.trained_until else f"{fleet} in the judged time"
