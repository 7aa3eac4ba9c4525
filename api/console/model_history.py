"""The versions of the model in words: which is in use although what failed, which are kept and why not in use."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from api.console.notices import Notice
from api.console.words import date, exact, number, sentence
from api.reading.model_record import ModelRecord, VersionState
from foreworn.loop.model_versions import VersionSummary
from models.promotion_journal import Promotion

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the list; `report` is the address of its report, empty where none is filed."""

    version: str
    in_use: bool
    damaged: bool
    learned_until: str
    figures: tuple[tuple[str, str], ...]
    standing: str
    said: tuple[str, ...]
    report: str
    headline: str
    worry: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the version in use, as it is told."""

    time: datetime
    said: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class ModelHistory:
    """What the page says of versions; `since` is empty where nothing serves."""

    record: ModelRecord
    notices: tuple[Notice, ...]
    since: str
    rows: tuple[VersionRow, ...]
    recent: tuple[Change, ...]
    earlier: tuple[Change, ...]

    @property
    def figure_names(self) -> tuple[str, ...]:
        """The names of the figures in the list."""
        return tuple(name for name, _ in _figures(None))


def model_history(record: ModelRecord, *, engineer: bool) -> ModelHistory:
    """Return it as a person reads it; only an engineer is told the command that goes back."""
    changes = tuple(_change(one) for one in record.promotions)
    found = (_failed(record, engineer=engineer), _worried(record), _trouble(record))
    return ModelHistory(
        record=record,
        notices=tuple(notice for notice in found if notice is not None),
        since=_since(record),
        rows=tuple(_row(record, one) for one in record.versions),
        recent=changes[:_SHOWN],
        earlier=changes[_SHOWN:],
    )


def _failed(record: ModelRecord, *, engineer: bool) -> Notice | None:
    if not record.failed:
        return None
    names = _listed([check.name for check in record.failed])
    figures = " ".join(sentence(f"{check.name}: {check.said}") for check in record.failed)
    remedy, command = _way_back(record, engineer=engineer)
    return Notice(
        f"{record.serving} is in use although it failed {names}",
        f"{figures} {_since(record)}",
        remedy=f"Look at its forecasts with care. {remedy}",
        command=command,
        urgent=True,
    )


def _worried(record: ModelRecord) -> Notice | None:
    """Return that the report of the version in use gives no reason for trust, whatever its checks said."""
    headline = record.headline
    if headline is None or not headline.worry:
        return None
    passed = " Its checks when it was trained did not show that." if record.checked and not record.failed else ""
    return Notice(
        f"The promotion report of {record.serving}, in use, is no reason to trust it",
        f"{sentence(headline.worry)} {sentence(headline.said)}{passed}",
        remedy="Read the report, and look at its forecasts with care.",
        urgent=True,
    )


def _way_back(record: ModelRecord, *, engineer: bool) -> tuple[str, str]:
    if record.before is None:
        return "Nothing was in use before it: a better one is trained on more history.", ""
    if not engineer:
        return f"An engineer can put {record.before} back in use.", ""
    return f"To put {record.before} back in use:", "foreworn models rollback --why REASON"


def _trouble(record: ModelRecord) -> Notice | None:
    if not record.trouble:
        return None
    return Notice(
        "The journal of promotions cannot be read",
        f"{sentence(record.trouble)} Since when which version serves is not known; forecasts are not touched by it.",
        remedy="Restore promotions.jsonl in the folder of models from a backup.",
    )


def _since(record: ModelRecord) -> str:
    if record.serving is None or record.trouble:
        return ""
    one = record.put_in_use
    if one is None:
        return "Since when and by whom it was put in use is not written down: a release without a journal did it."
    again = " again" if one.kind == "rolled_back" else ""
    return sentence(f"In use{again} since {exact(_minute(one.time))}, by {one.by}{': ' + one.why if one.why else ''}")


def _row(record: ModelRecord, state: VersionState) -> VersionRow:
    summary = state.summary
    standing, said = _standing(record, state)
    return VersionRow(
        version=summary.version,
        in_use=summary.in_use,
        damaged=summary.damage is not None,
        learned_until="" if summary.trained_until is None else date(summary.trained_until),
        figures=_figures(summary),
        standing=standing,
        said=said,
        report=f"/model/{quote(summary.version, safe='')}/report" if state.reported else "",
        headline="" if state.headline is None else state.headline.said,
        worry="" if state.headline is None else state.headline.worry,
    )


def _figures(summary: VersionSummary | None) -> tuple[tuple[str, str], ...]:
    found = (None,) * 3 if summary is None else (summary.failures, summary.brier_skill, summary.calibration_slope)
    names = ("Failures", "Brier skill", "Calibration slope")
    return tuple((name, "" if value is None else number(value)) for name, value in zip(names, found, strict=True))


def _standing(record: ModelRecord, state: VersionState) -> tuple[str, tuple[str, ...]]:
    """Return whether a version is in use or why not, and the figures behind that."""
    failed = () if state.decision is None else state.decision.failed
    said = tuple(sentence(f"{check.name}: {check.said}") for check in failed)
    names = _listed([check.name for check in failed])
    if state.summary.damage is not None:
        return f"{'in use, but ' if state.summary.in_use else ''}damaged: {state.summary.damage}", ()
    if state.trouble:
        said = (sentence(state.trouble),)
    if state.summary.in_use:
        return f"in use although it failed {names}" if failed else "in use", said
    left = record.left(state.summary.version)
    if left is not None:
        although = f", although it failed {names}" if failed else ""
        return f"kept; was in use until {exact(_minute(left.time))}{although}, then {left.version}", said
    if failed:
        return f"kept, not put in use: it failed {names}", said
    if state.decision is None:
        return "kept; nothing is written down of whether it was ever in use", said
    return f"kept; it {state.decision.why}", said


def _change(one: Promotion) -> Change:
    said = f"{one.version} again, instead of {one.replaced}" if one.kind == "rolled_back" else one.version
    if one.kind != "rolled_back" and one.replaced is not None:
        said = f"{one.version} instead of {one.replaced}"
    return Change(_minute(one.time), said, one.by, one.why)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)
