"""Parts, stock and purchases over HTTP: as they stand, as they stood, and as they are changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from api.services import ConsoleServices
from foreworn.clock import ManualClock
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import NOW

TAKEN = {"part": "6204", "place": "main", "kind": "issue", "quantity": -1, "reference": "for the workshop"}


def _later(plant: ConsoleServices, hours: float) -> None:
    assert isinstance(plant.clock, ManualClock)
    plant.clock.set(NOW + timedelta(hours=hours))


def _buy(client: Client, step: str, seen: int) -> httpx.Response:
    return client.change("POST", f"/v1/purchases/PO-1/{step}", {"reason": "agreed"}, If_Match=f'"{seen}"')


def test_a_part_tells_where_it_lies_what_it_is_for_and_what_is_being_bought(paula: Client, ines: Client) -> None:
    paula.change("POST", "/v1/work-orders/WO-1/approve", {}, If_Match='"1"')
    part = ines.get("/v1/parts/6204").json()
    assert part["levels"] == [{"place": "main", "on_hand": 4, "reserved": 2, "on_order": 0, "position": 2}]
    (reservation,) = part["reservations"]
    assert (reservation["order"], reservation["quantity"], reservation["state"]) == ("WO-1", 2, "open")
    assert [(p["id"], p["state"], p["evidence"]) for p in part["purchases"]] == [
        ("PO-1", "proposed", {"reorder_point": 5.0})
    ]
    (demand,) = part["demand"]
    assert (demand["source"], demand["mean"], demand["p99"]) == ("total", 1.0, 1.0)


def test_a_part_can_be_read_as_it_stood(paula: Client, ines: Client, plant: ConsoleServices) -> None:
    _later(plant, 1)
    paula.change("POST", "/v1/work-orders/WO-1/approve", {}, If_Match='"1"')
    _buy(ines, "approve", 0)
    _later(plant, 2)
    ines.change("POST", "/v1/stock-movements", TAKEN)
    paula.change("POST", "/v1/work-orders/WO-1/cancel", {"reason": "sold"}, If_Match='"2"')
    _buy(ines, "order", 1)
    _later(plant, 3)

    def stood(as_of: str) -> tuple[int, int, int, float]:
        part = ines.get(f"/v1/parts/6204?as_of=2026-03-02T{as_of}Z").json()
        (level,) = part["levels"]
        return level["on_hand"], level["reserved"], level["on_order"], part["demand"][0]["mean"]

    assert stood("04:30:00") == (4, 0, 0, 3.0)
    assert stood("06:30:00") == (4, 0, 0, 1.0)
    assert stood("07:30:00") == (4, 2, 6, 1.0)
    assert stood("08:30:00") == (3, 0, 6, 1.0)


def test_stock_changes_once_per_key_and_never_below_nothing(ines: Client) -> None:
    first = ines.change("POST", "/v1/stock-movements", TAKEN, Idempotency_Key="k1")
    assert ines.change("POST", "/v1/stock-movements", TAKEN, Idempotency_Key="k1").json() == first.json()
    assert ines.get("/v1/parts").json()["items"][0]["levels"][0]["on_hand"] == 3
    answer = ines.change("POST", "/v1/stock-movements", TAKEN | {"quantity": -4})
    assert answer.status_code == 409
    lines = ines.get("/v1/stock-movements?from=2026-03-01T00:00:00Z").json()["items"]
    assert [(m["quantity"], m["actor"]) for m in lines] == [(4, "ines"), (-1, "ines")]


def test_a_count_puts_right_what_the_ledger_says(ines: Client) -> None:
    counted = {"part": "6204", "place": "main", "kind": "count", "quantity": 3, "reference": "sheet 7"}
    assert ines.change("POST", "/v1/stock-movements", counted).json()["quantity"] == -1
    assert ines.change("POST", "/v1/stock-movements", counted | {"quantity": -1}).status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"quantity": 1}, 400, id="an issue that adds"),
        pytest.param({"kind": "receipt"}, 400, id="a receipt that takes"),
        pytest.param({"quantity": "-1"}, 400, id="a number as text"),
        pytest.param({"quantity": -1.5}, 400, id="half a bearing"),
        pytest.param({"part": "9999"}, 404, id="a part nobody knows"),
    ],
)
def test_a_movement_that_cannot_be_is_refused(ines: Client, change: dict[str, object], status: int) -> None:
    assert ines.change("POST", "/v1/stock-movements", TAKEN | change).status_code == status
    assert ines.get("/v1/parts/6204").json()["levels"][0]["on_hand"] == 4


def test_a_purchase_goes_from_its_proposal_to_the_shelf(ines: Client) -> None:
    assert ines.get("/v1/purchases/PO-1").headers["etag"] == '"0"'
    states = [_buy(ines, step, n).json()["state"] for n, step in enumerate(("approve", "order", "receive"))]
    assert states == ["approved", "ordered", "received"]
    assert ines.get("/v1/parts/6204").json()["levels"][0]["on_hand"] == 10
    assert [p["state"] for p in ines.get("/v1/purchases?state=received").json()["items"]] == ["received"]
    assert _buy(ines, "receive", 3).status_code == 409


def test_a_purchase_is_received_once_also_by_two_at_once(ines: Client) -> None:
    _buy(ines, "approve", 0)
    _buy(ines, "order", 1)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: _buy(ines, "receive", 2), range(3)))
    assert sorted(a.status_code for a in answers) == [200, 412, 412]
    assert ines.get("/v1/parts/6204").json()["levels"][0]["on_hand"] == 10


def test_a_step_that_purchases_do_not_have_is_refused(ines: Client) -> None:
    assert _buy(ines, "lose", 0).status_code == 400
