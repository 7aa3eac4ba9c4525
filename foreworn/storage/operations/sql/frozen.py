"""Evidence and findings as JSON that gives back exactly what was put in."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from foreworn.health.forecast import Reason
from foreworn.planning.evidence import Evidence, TrackRecord
from foreworn.planning.findings import Action, Finding, Findings

_MICROSECOND = timedelta(microseconds=1)


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Return evidence as JSON-able values; spans as whole microseconds, times as RFC 3339."""
    return {
        "probability": evidence.probability,
        "horizon_us": evidence.horizon // _MICROSECOND,
        "data_time": _written(evidence.data_time),
        "issued_at": _written(evidence.issued_at),
        "model_version": evidence.model_version,
        "revision": evidence.revision,
        "reasons": [asdict(reason) for reason in evidence.reasons],
        "expected_saving": evidence.expected_saving,
        "waiting_cost_per_day": evidence.waiting_cost_per_day,
        "act_at": _written(evidence.act_at),
        "currency": evidence.currency,
        "costs_assumed": evidence.costs_assumed,
        "track_record": None if evidence.track_record is None else asdict(evidence.track_record),
    }


def evidence_of(kept: Mapping[str, Any]) -> Evidence:
    """Return the evidence that was kept."""
    record = kept["track_record"]
    return Evidence(
        probability=kept["probability"],
        horizon=kept["horizon_us"] * _MICROSECOND,
        data_time=datetime.fromisoformat(kept["data_time"]),
        issued_at=datetime.fromisoformat(kept["issued_at"]),
        model_version=kept["model_version"],
        revision=kept["revision"],
        reasons=tuple(Reason(**reason) for reason in kept["reasons"]),
        expected_saving=kept["expected_saving"],
        waiting_cost_per_day=kept["waiting_cost_per_day"],
        act_at=datetime.fromisoformat(kept["act_at"]),
        currency=kept["currency"],
        costs_assumed=kept["costs_assumed"],
        track_record=None if record is None else TrackRecord(**record),
    )


def findings_json(findings: Findings) -> dict[str, Any]:
    """Return findings as JSON-able values."""
    return {
        "finding": findings.finding.value,
        "action": findings.action.value,
        "note": findings.note,
        "labour_us": findings.labour // _MICROSECOND,
        "parts": [[part, quantity] for part, quantity in findings.parts],
        "cause": findings.cause,
    }


def findings_of(kept: Mapping[str, Any]) -> Findings:
    """Return the findings that were kept."""
    return Findings(
        finding=Finding(kept["finding"]),
        action=Action(kept["action"]),
        note=kept["note"],
        labour=kept["labour_us"] * _MICROSECOND,
        parts=tuple((part, quantity) for part, quantity in kept["parts"]),
        cause=kept["cause"],
    )


def _written(time: datetime) -> str:
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone: times are aware")
    return time.astimezone(UTC).isoformat()
