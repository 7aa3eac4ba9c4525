"""Trained models as a person reads them on the terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from foreworn import terminal

if TYPE_CHECKING:
    from foreworn.loop.model_versions import Difference, VersionSummary
    from foreworn.loop.other_models import OtherModel
    from foreworn.loop.promotion import Check, PromotionDecision

_FEATURES_SHOWN = 20
_SIGNALS_SHOWN = 5
_ABSENT = "-"
_TIMES = ("trained_from", "trained_until")
_TOLD_APART = ("kind", "component", "version", "in_use", "features")


def show_versions(versions: "Sequence[VersionSummary]", now: datetime) -> None:
    """Print every version in a line; a damaged one with what is wrong."""
    if not versions:
        _say("No model is kept yet: `foreworn train DIR --until TIME` makes one.")
        return
    table = Table("", "version", "learned until", "age", "rows", "failures", "skill", "slope", box=None)
    for column in table.columns[3:]:
        column.justify = "right"
    for one in versions:
        if one.damage is None:
            table.add_row("*" if one.in_use else "", one.version, _minute(one.trained_until), *_figures(one, now))
        else:
            table.add_row("*" if one.in_use else "", one.version, Text("damaged", "bold red"), _age(one, now))
    terminal.out.print(table)
    for one in versions:
        if one.damage is not None:
            _say(f"{one.version} is damaged: {one.damage}; restore its folder, or train again.")
    if not any(one.in_use for one in versions):
        _say("None is in use: `foreworn models promote VERSION` puts one in use.")
    _say("* in use. Brier skill and calibration slope are of unseen inner folds.")


def show_others(models: "Sequence[OtherModel]", now: datetime) -> None:
    """Print the models that forecast no failures, each in a line."""
    if not models:
        return
    _heading("Detectors and remaining life")
    table = Table("", "tells", "version", "learned until", "age", "rows", box=None)
    for column in table.columns[4:]:
        column.justify = "right"
    for one in models:
        until = _minute(one.trained_until) if one.damage is None else Text("damaged", "bold red")
        table.add_row("*" if one.in_use else "", one.what, one.version, until, _age(one, now), _shown(one.rows))
    terminal.out.print(table)
    for one in models:
        if one.damage is not None:
            _say(f"{one.version} is damaged: {one.damage}; train again.")


def _figures(one: "VersionSummary", now: datetime) -> tuple[str, ...]:
    return (
        *(_age(one, now), _shown(one.rows), _shown(one.failures)),
        *(_shown(one.brier_skill), _shown(one.calibration_slope)),
    )


def _age(one: "VersionSummary | OtherModel", now: datetime) -> str:
    age = now - one.saved_at
    return f"{age.days} d" if age >= timedelta(days=1) else f"{max(age, timedelta(0)) // timedelta(hours=1)} h"


def show_version(record: Mapping[str, Any]) -> None:
    """Print all that is kept of a version."""
    _pairs(
        f"Model {record['version']}{', in use' if record['in_use'] else ''}",
        {
            "kept since": _moment(record["saved_at"]),
            "learned from": _moment(record["trained_from"]),
            "learned until": _moment(record["trained_until"]),
            "rows": _shown(record["rows"]),
            "data (SHA-256)": record["fingerprint"],
            "machine models": ", ".join(record["machine_models"]),
            "looks ahead": f"{record['horizon_h']:g} h; curve at {_listed(record['horizons_h'])} h",
            "alarms from": _shown(record["threshold"]),
            "Brier skill": _shown(record["brier_skill"]),
            "slope": _shown(record["calibration_slope"]),
            "trees by": record["library"],
        },
    )
    _show_components(record)
    _show_features(record["features"])
    _pairs("Settings", {name: _plain(value) for name, value in record["settings"].items()})
    _pairs("Files (SHA-256)", record["files"])
    filed = {name: f"{_moment(f['time'])}\n{f['sha256']}" for name, f in record["attachments"].items()}
    _pairs("Filed with it (when, SHA-256)", filed)
    _show_report(record["report"])
    if record["decision"] is not None:
        from foreworn.loop.promotion_decision import PromotionDecision

        _heading("Checks when it was trained")
        _show_checks(PromotionDecision.from_data(record["decision"]).checks)
    _show_history(record)


def show_other(record: Mapping[str, Any]) -> None:
    """Print all that is kept of a model that forecasts no failures."""
    nested = {name: value for name, value in record.items() if isinstance(value, Mapping)}
    plain = {name: value for name, value in record.items() if name not in nested and name not in _TOLD_APART}
    told = {name: _moment(value) if name in (*_TIMES, "saved_at") else _shown(value) for name, value in plain.items()}
    kind = "Anomaly detector" if record["component"] is None else f"Remaining life of {record['component']}:"
    _pairs(f"{kind} {record['version']}{', in use' if record['in_use'] else ''}", told)
    for name, values in nested.items():
        title = "Files (SHA-256)" if name == "files" else name.replace("_", " ").capitalize()
        _pairs(title, {key: _plain(value) for key, value in values.items()})


def _show_report(report: Mapping[str, str] | None) -> None:
    """Print what the filed report says, as loudly as a failed check where that is no reason for trust."""
    if report is None:
        return
    _heading("Its promotion report says")
    _say(report["said"])
    if report["worry"]:
        terminal.out.print(Text.assemble(("Beware", "bold red"), f": {report['worry']}."), highlight=False)


def _show_components(record: Mapping[str, Any]) -> None:
    _heading("Components")
    table = Table("component", "failures", "rows", "F1", "Brier skill", "slope", "caught", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    names = ("failures", "rows", "inner_f1", "inner_brier_skill", "inner_calibration_slope")
    for component, metrics in sorted(record["metrics"].items()):
        table.add_row(component, *(_shown(metrics.get(name)) for name in names), terminal.caught(metrics))
    if record["metrics"]:
        terminal.out.print(table)
    for component, basis in sorted(record["basis"].items()):
        if component not in record["metrics"]:
            _say(f"{component}: {basis}")
    for component, why in sorted(record["left_out"].items()):
        _say(f"{component}: no forecast; {why}")
    for component, shares in sorted(record["rests_on"].items()):
        most = sorted(((share, signal) for signal, share in shares.items() if share >= 0.01), reverse=True)
        told = ", ".join(f"{signal} {share:.0%}" for share, signal in most[:_SIGNALS_SHOWN])
        _say(f"{component} goes by {told or 'no signal'}")
    if record["rests_on"]:
        most_silent = record["settings"]["most_silent"]
        _say(f"Where more than {most_silent:.0%} of that falls silent, its age forecasts instead.")


def _show_features(names: Sequence[str]) -> None:
    _heading(f"{len(names)} features")
    more = len(names) - _FEATURES_SHOWN
    _say(", ".join(names[:_FEATURES_SHOWN]) + (f", and {more} more: --json names all." if more > 0 else ""))


def _show_history(record: Mapping[str, Any]) -> None:
    _heading("In use")
    if not record["promotions"]:
        _say("Never, as far as is written down.")
    for one in record["promotions"]:
        _say(_sentence(one))


def show_differences(first: str, second: str, found: "Sequence[Difference]") -> None:
    """Print where two versions differ."""
    if not found:
        _say(f"{first} and {second} differ in nothing that is kept of them.")
        return
    table = Table("", first, second, box=None)
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.overflow = "fold"
    group = ""
    for one in [d for d in found if d.group != "features"]:
        if one.group != group:
            table.add_row(Text(one.group, "bold"), "", "")
            group = one.group
        shown = _moment if one.name in _TIMES else _plain if one.group == "settings" else _shown
        table.add_row(f"  {one.name}", shown(one.first), shown(one.second))
    terminal.out.print(table)
    for version, own in ((first, "first"), (second, "second")):
        names = [d.name for d in found if d.group == "features" and getattr(d, own)]
        if names:
            _say(f"Only {version} reads {terminal.counted(len(names), 'feature')}: {_some(names)}")


def _some(names: Sequence[str]) -> str:
    more = len(names) - _FEATURES_SHOWN
    return ", ".join(names[:_FEATURES_SHOWN]) + (f", and {more} more; --json names all" if more > 0 else "")


def show_decision(decision: "PromotionDecision") -> None:
    """Print what a trained model was held against, and what that decided."""
    _show_checks(decision.checks)
    if not decision.promoted:
        stays = f"{decision.against} stays in use" if decision.against else "nothing is in use"
        _warn(
            f"{decision.version} is kept, but not put in use: {decision.why}; {stays}. "
            f"`foreworn models promote {decision.version} --anyway REASON` overrides that."
        )
    elif decision.failed:
        _warn(f"{decision.version} is in use because {decision.why}. Look at its forecasts with care.")
    if "catches" in {check.name for check in decision.failed}:
        _warn(
            "Its alarms would hardly have warned of anything. Where wear shows for weeks, train with a longer horizon: "
            "FOREWORN_SCORING__HORIZON=P7D looks a week ahead."
        )


def show_objections(version: str, failed: "Sequence[Check]") -> None:
    """Say why a version is not put in use, and what would."""
    _show_checks(failed)
    _warn(f"{version} is not put in use: its checks failed. --anyway REASON overrides that, and writes it down.")


def show_promotion(promotion: Mapping[str, Any]) -> None:
    """Print what was just put in use."""
    _say(_sentence(promotion))


def _sentence(one: Mapping[str, Any]) -> str:
    """Return a line of the journal in words."""
    after = f", after {one['from']}" if one["from"] else ""
    back = " again" if one["kind"] == "rolled_back" else ""
    why = f": {one['why']}" if one["why"] else ""
    return f"{_moment(one['time'])}  {one['version']} in use{back}{after}, by {one['by']}{why}"


def _show_checks(checks: "Iterable[Check]") -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for check in checks:
        table.add_row(_mark(check), check.name, Text(check.said))
    terminal.out.print(table)


def _mark(check: "Check") -> Text:
    if not check.passed:
        return Text("FAILED", "bold red")
    return Text("passed", "green") if check.judged else Text("-")


def _pairs(title: str, pairs: Mapping[str, str]) -> None:
    if not pairs:
        return
    _heading(title)
    table = Table(show_header=False, box=None, padding=(0, 1, 0, 0))  # a name and a SHA-256 fit into 80 columns
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs.items():
        table.add_row(name, Text(value))
    terminal.out.print(table)


def _heading(text: str) -> None:
    terminal.out.print()
    terminal.out.print(Text(text, "bold"))


def _say(text: str) -> None:
    terminal.out.print(text, highlight=False)


def _warn(text: str) -> None:
    terminal.err.print(text, highlight=False)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _minute(time: datetime | None) -> str:
    return _ABSENT if time is None else f"{time:%Y-%m-%d %H:%M}"


def _moment(text: str | None) -> str:
    return _minute(_time(text))


def _plain(value: object) -> str:
    """Return a setting as it is set: no commas in a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _shown(value)


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _shown(value: object) -> str:
    if value is None:
        return _ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(map(_shown, value)) if isinstance(value, list) else str(value)
