"""`foreworn demo`: a simulated plant through the whole loop, with the console to look at meanwhile."""

import json
from pathlib import Path

import pytest

from foreworn.bootstrap import open_stores
from foreworn.planning.work_order import WorkOrderKind, WorkOrderState
from foreworn.settings import Settings
from tests.acceptance.command import Running
from tests.servers import programme

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

DAYS = 12


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A demo that has run to its end, looked at on the way."""
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    folder = tmp_path_factory.mktemp("demo")
    call = ("demo", "--once", "--seed", "2", "--days", str(DAYS), "--json", folder / "demo.json")
    running = Running(folder, *call)
    with running:
        running.until_it_answers()
        running.log_in()
        running.until(lambda: "approved" in running.get("/orders"))
        assert "likely to fail" in running.get("/")
        running.until(lambda: len(running.ask("/v1/purchases")["items"]) > 0)
        assert running.wait() == 0
    return running


def test_the_demo_prices_acting_on_the_forecasts(demo: Running) -> None:
    found = json.loads((demo.folder / "demo.json").read_text())
    assert found["cost_perfect"] <= min(found[f"cost_{p}"] for p in ("policy", "age_replacement", "run_to_failure"))
    assert found["cost_age_replacement"] <= found["cost_run_to_failure"]
    gap = found["cost_age_replacement"] - found["cost_perfect"]
    assert found["gap_closed"] == pytest.approx((found["cost_age_replacement"] - found["cost_policy"]) / gap)
    said = ("failures_prevented", "replaced_early", "false_orders")
    assert sum(found[name] for name in said) <= found["work_orders_completed"]
    assert found["failures_prevented"] > 0
    assert found["forecasts_labelled"] > 0
    assert found["stockouts"] >= 0


def test_a_predicted_failure_becomes_an_order_with_its_part_and_at_last_a_label(demo: Running) -> None:
    stores = open_stores(Settings(data_dir=demo.data / "demo"))
    try:
        with stores.operations.reading() as tx:
            orders = tx.orders.find(kind=WorkOrderKind.PREDICTIVE, states=(WorkOrderState.CLOSED,))
            confirmed = [o for o in orders if o.outcome is not None and o.outcome.confirms]
            taken = {m.reference for m in tx.stock.movements() if m.quantity < 0}
            failed_jobs = tx.jobs.failed()
    finally:
        stores.close()
    assert confirmed
    assert all(order.id in taken for order in confirmed)
    assert [str(step.after) for step in confirmed[0].transitions] == [
        "approved",
        "scheduled",
        "in_progress",
        "completed",
        "closed",
    ]
    assert failed_jobs == []


def test_the_demo_says_what_to_look_at_and_what_it_was_worth(demo: Running) -> None:
    assert f"Console: {demo.url}/link/" in demo.said
    assert "perfect foresight" in demo.said
    assert "Peak memory" in demo.said
    assert "Traceback" not in demo.said


ODD = """
name = "A plant with hardly a past"
seed = 7
step_hours = 8
[bad_data]
lost_share = 0.6
[loads.flat]
by_hour = [0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8,0.8]
[classes.fan.components.filter]
cost = { preventive = 300, failure = 5000 }
wear = { law = "filter_clogging", life_days = 200 }
[classes.fan.signals.dp]
running = 2
noise = 0.2
symptoms.filter = { rise = 8 }
[[sites]]
id = "solo"
machines = [{ class = "fan", count = 2, load = "flat" }]
"""


def test_a_plant_with_too_little_past_no_crew_and_lost_readings_is_priced_all_the_same(tmp_path: Path) -> None:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    plant = tmp_path / "odd.toml"
    plant.write_text(ODD)
    file = tmp_path / "odd.json"
    with Running(tmp_path, "demo", "--once", "--plant", plant, "--days", "7", "--json", file) as running:
        assert running.wait() == 0
    found = json.loads(file.read_text())
    assert found["work_orders_completed"] >= 0
    assert any("fails a check, signs" in note for note in found["notes"])
    assert found["cost_perfect"] <= found["cost_run_to_failure"]
    assert "Traceback" not in running.said
