"""Parts: stock against demand, purchases by forms, and the ledger by hand."""

import csv
import io
import re

import pytest

from api.services import ConsoleServices
from foreworn.spares import PurchaseState
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words


def test_the_list_puts_what_is_to_decide_first_and_says_why(storekeeper: Client) -> None:
    page = storekeeper.get("/parts").text
    text = words(page)
    assert re.findall(r'class="subject" href="/parts/([^"]+)"', page) == ["S-40", "6204", "F7-400"]
    assert "3 purchases wait for a decision; 1 part is promised beyond what is there or coming." in text
    assert "S-40 shaft seal 40 mm ◆ short 21 d from order to shelf on hand 0 reserved 1 on order 0 position −1" in text
    assert "reorder point 8 predicted failures 5–7 planned jobs 1 total 6–8" in text
    assert re.search(r"Buy 20 for 1,700 EUR, on the shelf .+: 2 on hand or coming, 1 of them reserved", text)
    assert re.search(r"chance of running out without it \d+ %", text)


@pytest.mark.parametrize(
    ("show", "parts"),
    [
        pytest.param("proposed", ["S-40", "6204", "F7-400"], id="to decide"),
        pytest.param("short", ["S-40"], id="short"),
    ],
)
def test_the_list_is_narrowed_by_the_address_and_so_is_the_csv(
    storekeeper: Client, show: str, parts: list[str]
) -> None:
    page = storekeeper.get(f"/parts?show={show}").text
    assert re.findall(r'class="subject" href="/parts/([^"]+)"', page) == parts
    rows = list(csv.DictReader(io.StringIO(storekeeper.get(f"/parts.csv?show={show}").text)))
    assert [row["part"] for row in rows] == parts
    assert rows[0]["total_p90"] == "5"


def test_a_part_shows_what_drives_its_demand_and_how_far_stock_goes(storekeeper: Client) -> None:
    text = words(storekeeper.get("/parts/6204").text)
    assert "2 on hand, 1 reserved, 0 on order: position 1. The reorder point is 8." in text
    assert re.search(r"6.3 pieces needed within 15 d on average; by 7 Mar 2026 stock has run out with a chance", text)
    assert "WO-5 , Pump-19 , bearing, due 05:00 today planned job chance 100 % takes 1 adds 1.00" in text
    assert "Pump-03 , bearing predicted failure chance >99 % takes 1 adds 1.00" in text
    assert "total 6.3 6 8 10" in text
    assert "issue −1 WO-8 mara" in text
    assert "bearing of any model" in text


def test_a_part_that_is_not_there_is_not_found(storekeeper: Client) -> None:
    assert storekeeper.get("/parts/nope").status_code == 404


def _purchase(plant: ConsoleServices) -> tuple[PurchaseState, str]:
    with plant.operations.reading() as tx:
        purchase = tx.purchases.get("PO-1")
    return purchase.state, str(purchase.version)


def test_a_purchase_goes_from_proposal_to_shelf_once(ines: Client, plant: ConsoleServices) -> None:
    for step in ("approve", "order", "receive"):
        form = {"seen": _purchase(plant)[1], "back": "/parts/6204"}
        answer = ines.send(f"/purchases/PO-1/{step}", form=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/parts/6204?did=PO-1")
    assert ines.send("/purchases/PO-1/receive", form=form).status_code == 409
    with plant.operations.reading() as tx:
        assert tx.stock.level("6204", "main").on_hand == 4 + 6
    assert "PO-1, 6 × 6204, is received and lies in main." in words(ines.get("/parts/6204?did=PO-1").text)


def test_a_declined_purchase_keeps_the_reason(ines: Client, plant: ConsoleServices) -> None:
    nothing = {"seen": _purchase(plant)[1]}
    assert ines.send("/purchases/PO-1/decline", form=nothing).status_code == 400
    form = {**nothing, "answer": "enough", "words": "two more in the van"}
    assert ines.send("/purchases/PO-1/decline", form=form).status_code == 303
    with plant.operations.reading() as tx:
        step = tx.purchases.get("PO-1").transitions[-1]
    assert (step.after, step.reason) == (
        PurchaseState.DECLINED,
        "There is enough, the books are wrong: two more in the van",
    )


def test_who_comes_second_sees_the_part_as_it_is_now(ines: Client, plant: ConsoleServices) -> None:
    seen = _purchase(plant)[1]
    ines.send("/purchases/PO-1/approve", form={"seen": seen})
    answer = ines.send("/purchases/PO-1/decline", form={"seen": seen, "words": "too many"})
    assert answer.status_code == 409
    text = words(answer.text)
    assert "PO-1: you wanted to decline it. PO-1 is approved" in text
    assert "You typed: too many" in text
    assert "PO-1 , approved: 6 × 6204" in text


@pytest.mark.parametrize("who", ["paula", "theo"])
def test_only_who_keeps_the_parts_buys_and_counts(request: pytest.FixtureRequest, who: str) -> None:
    client: Client = request.getfixturevalue(who)
    assert client.send("/purchases/PO-1/approve", form={"seen": "0"}).status_code == 403
    assert client.send("/parts/6204/stock", form={"kind": "count", "quantity": "9"}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        pytest.param({"kind": "count", "quantity": "7"}, 7, id="counted"),
        pytest.param({"kind": "receipt", "quantity": "2"}, 6, id="came"),
        pytest.param({"kind": "adjustment", "quantity": "3", "lost": "yes"}, 1, id="lost"),
    ],
)
def test_a_change_of_stock_sent_twice_is_one_line(
    ines: Client, plant: ConsoleServices, fields: dict[str, str], left: int
) -> None:
    form = {"line": "abc-1", "place": "main", **fields}
    for _ in range(2):
        assert ines.send("/parts/6204/stock", form=form).status_code == 303
    with plant.operations.reading() as tx:
        assert tx.stock.level("6204", "main").on_hand == left


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"kind": "count", "quantity": "-1"}, 400, id="less than nothing"),
        pytest.param({"kind": "count", "quantity": "two"}, 400, id="no number"),
        pytest.param({"kind": "theft", "quantity": "1"}, 400, id="a kind that is none"),
        pytest.param({"kind": "adjustment", "quantity": "9", "lost": "yes"}, 409, id="more than there is"),
    ],
)
def test_a_change_of_stock_that_cannot_be_comes_back_as_typed(
    ines: Client, plant: ConsoleServices, fields: dict[str, str], status: int
) -> None:
    form = {"line": "abc-1", "place": "main", "reference": "shelf 4", **fields}
    answer = ines.send("/parts/6204/stock", form=form)
    assert answer.status_code == status
    assert ('value="shelf 4"' in answer.text) == (fields["kind"] != "theft")
    with plant.operations.reading() as tx:
        assert tx.stock.level("6204", "main").on_hand == 4
