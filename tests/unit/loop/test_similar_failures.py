from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foreworn.health.forecast import Forecast, Reason
from foreworn.loop.similar_failures import similar_failures
from foreworn.planning.evidence import Evidence
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MODELS = {"m1": "px", "m2": "px", "m3": "qx"}
WORN = Findings(Finding.AS_PREDICTED, Action.REPLACED, "outer ring pitted")


def reasons(**contributions: float) -> tuple[Reason, ...]:
    return tuple(Reason(name, f"{name} mean 24 h", 1.0, None, None, share) for name, share in contributions.items())


def forecast(**contributions: float) -> Forecast:
    return Forecast("m1", "bearing", NOW, DAY, 0.6, "v", NOW, reasons=reasons(**contributions))


def job(id: str, machine: str = "m2", findings: Findings | None = WORN, **contributions: float) -> WorkOrder:
    signs = reasons(**(contributions or {"vibration": 2.0}))
    begun = NOW - 30 * DAY
    evidence = Evidence(0.6, DAY, begun, begun, "v", 0, signs, 100.0, 10.0, begun, "EUR", costs_assumed=False)
    order = WorkOrder(
        id=id,
        machine=machine,
        component="bearing",
        kind=WorkOrderKind.PREDICTIVE,
        created_at=begun,
        task="look",
        labour=HOUR,
        evidence=evidence,
    )
    return replace(order, state=WorkOrderState.CLOSED, findings=findings)


NOW_SIGNS = forecast(vibration=2.0, E17=1.0, load=-3.0)


def test_the_most_alike_of_the_same_model_come_first_with_what_they_share() -> None:
    jobs = [
        job("WO-1", vibration=2.0, E17=1.0),
        job("WO-2", vibration=2.0),
        job("WO-3", machine="m3", vibration=2.0, E17=1.0),
    ]
    first, second, third = similar_failures(NOW_SIGNS, jobs, MODELS)
    assert [f.order.id for f in (first, second, third)] == ["WO-1", "WO-2", "WO-3"]
    assert first.alike == pytest.approx(1.0)
    assert second.alike == pytest.approx(2 / 5**0.5)
    assert (first.shared, second.shared) == (("vibration", "E17"), ("vibration",))
    assert [f.same_model for f in (first, second, third)] == [True, True, False]
    assert first.findings == WORN
    assert len(similar_failures(NOW_SIGNS, jobs, MODELS, most=1)) == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(job("WO-1", pressure=2.0), id="no sign in common"),
        pytest.param(job("WO-1", vibration=0.2, pressure=2.0), id="hardly a sign in common"),
        pytest.param(job("WO-1", load=-3.0), id="alike only in what lowers the probability"),
        pytest.param(replace(job("WO-1"), component="seal"), id="another component"),
        pytest.param(replace(job("WO-1"), evidence=None), id="nobody knows what the signs were"),
        pytest.param(job("WO-1", findings=None), id="nobody said what was found"),
        pytest.param(job("WO-1", findings=Findings(Finding.NOTHING, Action.NONE)), id="nothing was wrong"),
        pytest.param(replace(job("WO-1"), state=WorkOrderState.DECLINED), id="it was never done"),
        pytest.param(replace(job("WO-1"), created_at=NOW), id="it began after the forecast's data"),
    ],
)
def test_what_cannot_be_told_to_be_alike_is_left_out(other: WorkOrder) -> None:
    assert similar_failures(NOW_SIGNS, [other], MODELS) == []


def test_a_forecast_by_age_alone_has_no_signs_to_compare() -> None:
    age = Reason("replacement of bearing", "hours since replacement of bearing", 900.0, None, None, 2.0)
    by_age = replace(NOW_SIGNS, reasons=(age,))
    assert similar_failures(by_age, [job("WO-1")], MODELS) == []
