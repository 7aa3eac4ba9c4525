"""A backtest's report as data: what is shown on the terminal, drawn on a page, and archived with a version."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foreworn.loop.backtest.limits import limits, spelled
from foreworn.loop.backtest.verdict import Verdict
from foreworn.telemetry.sample import from_epoch_ms
from models.evaluation.alarms import EpisodeEnd
from models.evaluation.judgement import NOTICE
from models.evaluation.months import failures_by_month
from models.evaluation.notice_recall import HOURS, could_have_notice, notice_recall, with_notice
from models.evaluation.worst import Miss, MissKind, worst_misses

if TYPE_CHECKING:
    from foreworn.loop.backtest.time_split import Backtest

_HOUR = timedelta(hours=1)
_QUANTILES: Final = (10, 25, 50, 75, 90)


def report(
    folds: "Sequence[Backtest]",
    *,
    split: str,
    protocol: str,
    figures: Mapping[str, float | int],
    digest: str,
) -> dict[str, Any]:
    """Return the report of one backtest, or of the folds of one, as JSON-able values.

    Keys: `model` (versions, comma between), `protocol`, `split` ("time" or "unit"), `horizon_h`; `figures` by name;
    `by_component`, `notice`, `lead_time_h`, `months`, `worst` and of how many more by kind (`worst_left_out`),
    `reliability`; `data`, `left_out`, `by_age_alone`, `limits` and by which options of the command line more can be
    known (`remedies`), `predictions_sha256`. `origins`, `spread`, `probes` and `priced` are empty until they are asked
    for (`foreworn.loop.backtest.case`); `missing` says by name why one that was asked for is not there. What could not
    be measured is None.
    """
    verdict = Verdict.of(folds)
    worst, told = _worst(verdict), limits(folds, verdict, split=split)
    return {
        "model": ", ".join(fold.model.version for fold in folds),
        "protocol": protocol,
        "split": split,
        "horizon_h": verdict.horizon / _HOUR,
        "figures": dict(figures),
        "by_component": [_component(verdict, name) for name in verdict.components],
        "notice": _notice(verdict),
        "lead_time_h": _lead_times(verdict),
        "months": _months(verdict),
        "worst": [_miss(miss, verdict) for miss in worst],
        "worst_left_out": _left_out(verdict, worst),
        "reliability": _reliability(verdict),
        "data": _data(folds),
        "left_out": {name: why for fold in folds for name, why in fold.model.components_left_out.items()},
        "by_age_alone": _by_age_alone(folds),
        "origins": [],
        "spread": {},
        "probes": [],
        "priced": None,
        "missing": {},
        "limits": [limit.said for limit in told],
        "remedies": [limit.remedy for limit in told if limit.remedy],
        "predictions_sha256": digest,
    }


def _component(verdict: Verdict, name: str) -> dict[str, Any]:
    judged = verdict.judgement
    notices = [n for n in judged.notices if n.component == name]
    return {
        "component": name,
        "failures": len(notices),
        "caught": {str(hours): len(with_notice(notices, hours)) for hours in HOURS},
        "could_have": {str(hours): len(could_have_notice(notices, hours)) for hours in HOURS},
        "false_alarm_episodes": sum(e.component == name and e.end is EpisodeEnd.FALSE_ALARM for e in judged.episodes),
        "f1": _known(verdict.f1(name)),
        "average_precision": _known(verdict.average_precision(name)),
        "brier_skill": _known(verdict.brier_skill(name)),
    }


def _notice(verdict: Verdict) -> list[dict[str, Any]]:
    return [
        {
            "hours": found.hours,
            "failures": found.failures,
            "caught": found.caught,
            "recall": _known(found.recall),
            "low": _known(found.interval.low),
            "high": _known(found.interval.high),
        }
        for found in notice_recall(verdict.judgement.notices, verdict.fleet)
    ]


def _lead_times(verdict: Verdict) -> dict[str, float]:
    leads = [n.lead_time_h for n in verdict.judgement.notices if n.lead_time_h is not None]
    return {f"p{q}": float(np.quantile(leads, q / 100)) for q in _QUANTILES} if leads else {}


def _months(verdict: Verdict) -> list[dict[str, Any]]:
    judged = verdict.judgement
    months = failures_by_month(
        judged.scored,
        judged.notices,
        horizon=verdict.horizon,
        every=verdict.every,
        known_until=verdict.known_until,
    )
    return [
        {
            "month": found.month,
            "machine_months": found.machine_months,
            "expected": found.expected,
            "low": found.low,
            "high": found.high,
            "observed": found.observed,
        }
        for found in months
    ]


def _worst(verdict: Verdict) -> list[Miss]:
    return worst_misses(verdict.judgement, verdict.alarm_thresholds, horizon=verdict.horizon)


def _left_out(verdict: Verdict, worst: Sequence[Miss]) -> dict[str, int]:
    """Return by kind how many were as wrong in kind and are not among the worst."""
    judged, shown = verdict.judgement, Counter(miss.kind for miss in worst)
    found = {
        MissKind.MISSED: judged.missed - judged.caught_late,
        MissKind.LATE: judged.caught_late,
        MissKind.FALSE_ALARM: judged.false_alarms,
    }
    return {kind.value: count - shown[kind] for kind, count in found.items()}


def _miss(miss: Miss, verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": miss.kind.value,
        "machine": miss.machine,
        "component": miss.component,
        "time": from_epoch_ms(miss.time).isoformat(),
        "probability": _known(miss.probability),
        "threshold": miss.threshold,
        "said": _said(miss, verdict.horizon),
    }


def _said(miss: Miss, horizon: timedelta) -> str:
    hours = spelled(horizon)
    if math.isnan(miss.probability):
        return f"not forecast in the {hours} before"
    if miss.kind is MissKind.MISSED:
        return f"{_percent(miss.probability)} at most in the {hours} before; an alarm from {_percent(miss.threshold)}"
    if miss.kind is MissKind.LATE:
        return f"the first alarm came {miss.lead_time_h:g} h before, less than {NOTICE / _HOUR:g} h"
    return f"rose to {_percent(miss.probability)}, and no failure came within {hours}"


def _percent(probability: float) -> str:
    if 0 < probability < 0.001:
        return "less than 0.1 %"
    if 0.999 < probability < 1:
        return "more than 99.9 %"
    return f"{probability * 100:.{1 if probability < 0.1 or probability > 0.9 else 0}f} %"


def _reliability(verdict: Verdict) -> list[dict[str, float | int]]:
    intervals = verdict.fleet.reliability(verdict.horizon)
    return [
        {
            "low": b.low,
            "high": b.high,
            "forecasts": b.forecasts,
            "mean_probability": b.mean_probability,
            "failed_share": b.failed_share,
            "share_low": interval.low,
            "share_high": interval.high,
        }
        for b, interval in zip(verdict.judgement.reliability, intervals, strict=True)
        if b.forecasts
    ]


def _data(folds: "Sequence[Backtest]") -> dict[str, Any]:
    facts, origins = [fold.record for fold in folds], [fold.model.provenance for fold in folds]
    return {
        "machines": sum(f.machines for f in facts),
        "machine_models": sorted({name for f in facts for name in f.machine_models}),
        "components": sorted({name for f in facts for name in f.components}),
        "from": min(f.start for f in facts).isoformat(),
        "to": max(f.end for f in facts).isoformat(),
        "trained_from": min(o.trained_from for o in origins).isoformat(),
        "trained_until": max(o.trained_until for o in origins).isoformat(),
        "test_from": min(fold.test_from for fold in folds).isoformat(),
        "test_to": max(fold.test_to for fold in folds).isoformat(),
        "telemetry_rows": sum(f.telemetry_rows for f in facts),
        "failures": sum(f.failures for f in facts),
        "preventive": sum(f.preventive for f in facts),
        "fingerprint": _together([o.fingerprint for o in origins]),
    }


def _together(hashes: Sequence[str]) -> str:
    """Return the only hash, or one over several."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("\t".join(hashes).encode()).hexdigest()


def _by_age_alone(folds: "Sequence[Backtest]") -> dict[str, str]:
    return {name: why for fold in folds for name, why in fold.model.basis.items() if name in fold.model.unlearned}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
