"""What a plant on disk says, what it may not say, and that all of it is told at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.economics.cost_table import ComponentCost
from foreworn.errors import MalformedHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.loop.day_one import CostLine, Count, OpenOrder
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import WorkOrderKind
from foreworn.spares import Part, PartUse
from foreworn.storage.day_one import check_day_one, read_day_one, write_day_one_templates
from tests.unit.storage.day_one.conftest import MakePlant

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BORN = datetime(2024, 3, 1, tzinfo=UTC)
PARTS = "part,description,price,lead_time_days\n"
STOCK = "part,on_hand,counted_at\n"
PLANS = "plan,machine,component,task,every_days,last_done,labour_h\n"
ORDERS = "order,machine,component,kind,task,labour_h\n"
COSTS = (
    "model,component,preventive,failure,inspection,downtime_per_hour,"
    "planned_downtime_h,unplanned_downtime_h,labour_h,currency\n"
)


def test_the_templates_say_what_they_say(make_plant: MakePlant) -> None:
    day_one = read_day_one(make_plant())

    assert [line.says for line in day_one.machines] == [Machine("pump-1", "cp-100", "north", BORN, ("bearing", "seal"))]
    assert {line.says for line in day_one.attachments} == {
        Attachment("pump-1", "pump-1", BORN),
        Attachment("gateway-7", "pump-1", BORN, datetime(2025, 6, 1, tzinfo=UTC)),
    }
    assert [line.says for line in day_one.standings] == [Standing("pump-1", "hall-1", "waterworks")]
    assert day_one.areas is not None
    assert day_one.customers is not None
    assert [line.says for line in day_one.areas] == [Area("north", "hall-1", "Hall 1")]
    assert [line.says for line in day_one.customers] == [Customer("waterworks", "Waterworks North")]
    technician = Technician("anna", "Anna Example", 30 * HOUR, ("electrics", "mechanics"))
    assert [line.says for line in day_one.technicians] == [technician]
    part = Part(
        "seal-40",
        "Shaft seal 40 mm",
        85.0,
        lead_time=21 * DAY,
        lead_time_sd=4 * DAY,
        supplier="Seals Ltd",
        order_cost=25.0,
    )
    assert [line.says for line in day_one.parts] == [part]
    assert [line.says for line in day_one.uses] == [PartUse("cp-100", "seal", "seal-40")]
    assert [line.says for line in day_one.counts] == [Count("seal-40", "main", 2, datetime(2026, 1, 5, 6, tzinfo=UTC))]
    done = datetime(2025, 12, 1, 9, tzinfo=UTC)
    plan = MaintenancePlan("grease-pump-1", "pump-1", "bearing", "Grease the bearing", 90 * DAY, done, HOUR / 2)
    assert [line.says for line in day_one.plans] == [plan]
    due = datetime(2026, 2, 10, 12, tzinfo=UTC)
    kind, task = WorkOrderKind.PREVENTIVE, "Replace the shaft seal"
    assert [line.says for line in day_one.orders] == [
        OpenOrder("CMMS-4711", "pump-1", "seal", kind, task, 3 * HOUR, due)
    ]
    cost = ComponentCost(420, 2600, 120, 150, 3 * HOUR, 14 * HOUR, 3 * HOUR)
    assert [line.says for line in day_one.costs] == [CostLine("cp-100", "bearing", cost, "EUR")]


@pytest.mark.parametrize("with_history", [True, False])
def test_the_templates_pass_every_check(tmp_path: Path, with_history: bool) -> None:
    write_day_one_templates(tmp_path / "plant", with_history=with_history)

    assert check_day_one(tmp_path / "plant") == []
    assert {len(path.read_text().splitlines()) for path in (tmp_path / "plant").iterdir()} == {2}
    assert (tmp_path / "plant" / "telemetry.csv").exists() is with_history


@pytest.mark.parametrize(
    ("file", "content", "place", "said"),
    [
        pytest.param(
            "costs.csv",
            COSTS + "cp-100,seal,-1,2600,120,150,3,14,3,EUR\n",
            ("costs.csv", 2, "preventive"),
            "-1 is not at least 0",
            id="a negative cost",
        ),
        pytest.param(
            "costs.csv",
            COSTS + "cp-100,seal,420,,120,150,3,14,3,EUR\n",
            ("costs.csv", 2, "failure"),
            "the field is empty",
            id="a missing cost",
        ),
        pytest.param(
            "costs.csv",
            COSTS + "cp-100,seal,420,2600,120,150,-3,14,3,EUR\n",
            ("costs.csv", 2, "planned_downtime_h"),
            "not at least 0",
            id="a negative standstill",
        ),
        pytest.param(
            "costs.csv",
            COSTS + "cp-100,seal,420,100,120,0,3,14,3,EUR\n",
            ("costs.csv", 2, None),
            "nothing is gained by preventing it",
            id="a failure no dearer than a planned job",
        ),
        pytest.param(
            "costs.csv",
            COSTS + "cp-100,seal,420,2600,120,150,3,14,3,euros\n",
            ("costs.csv", 2, "currency"),
            "write e.g. EUR",
            id="a currency that is none",
        ),
        pytest.param(
            "costs.csv",
            COSTS + "*,*,420,2600,120,150,3,14,3,EUR\n,,430,2600,120,150,3,14,3,EUR\n",
            ("costs.csv", 3, None),
            "contradicts row 2",
            id="two costs of the same component",
        ),
        pytest.param(
            "parts.csv",
            PARTS + "seal-40,seal,85,\n",
            ("parts.csv", 2, "lead_time_days"),
            "write a number, above 0",
            id="a part without a lead time",
        ),
        pytest.param(
            "parts.csv",
            PARTS + "seal-40,seal,85,0\n",
            ("parts.csv", 2, "lead_time_days"),
            "0 is not above 0",
            id="a part that is there at once",
        ),
        pytest.param(
            "parts.csv",
            PARTS + "seal-40,seal,85,1e9\n",
            ("parts.csv", 2, "lead_time_days"),
            "too large",
            id="a part that nobody alive will see",
        ),
        pytest.param(
            "parts.csv",
            PARTS + "seal/40,seal,85,21\n",
            ("parts.csv", 2, "part"),
            "none of + # / $",
            id="a part that no address can name",
        ),
        pytest.param(
            "parts.csv",
            "part,description,price,lead_time_days,service_level\nseal-40,seal,85,21,95\n",
            ("parts.csv", 2, None),
            "between 0 and 1",
            id="a service level in per cent",
        ),
        pytest.param(
            "parts.csv",
            'part,description,price,lead_time_days\nseal-40,"seal\n40 mm",85,21\n',
            ("parts.csv", 2, "description"),
            "line break",
            id="a text of two lines",
        ),
        pytest.param(
            "bill_of_parts.csv",
            "model,component,part,quantity\ncp-100,seal,seal-40,0\n",
            ("bill_of_parts.csv", 2, "quantity"),
            "at least 1",
            id="a job that takes nothing",
        ),
        pytest.param(
            "stock.csv",
            STOCK + "seal-40,2.5,2026-01-05T06:00:00Z\n",
            ("stock.csv", 2, "on_hand"),
            "not a whole number",
            id="half a part",
        ),
        pytest.param(
            "stock.csv",
            STOCK + "seal-40,2,2026-01-05\n",
            ("stock.csv", 2, "counted_at"),
            "2026-01-05T00:00:00Z for UTC",
            id="a count without a zone",
        ),
        pytest.param(
            "plans.csv",
            PLANS + "p,pump-1,bearing,Grease,0,2025-12-01T09:00:00Z,1\n",
            ("plans.csv", 2, "every_days"),
            "above 0",
            id="a plan that is always due",
        ),
        pytest.param(
            "orders.csv",
            ORDERS + "A-1,pump-1,seal,predictive,Replace,3\n",
            ("orders.csv", 2, "kind"),
            "write preventive or corrective",
            id="a prediction that nobody made",
        ),
        pytest.param(
            "orders.csv",
            ORDERS + "WO-12,pump-1,seal,preventive,Replace,3\n",
            ("orders.csv", 2, "order"),
            "OLD-WO-12",
            id="a number of our own",
        ),
        pytest.param(
            "orders.csv",
            ORDERS + "A-1,pump-1,seal,preventive,,3\n",
            ("orders.csv", 2, "task"),
            "empty",
            id="an order to do nothing",
        ),
        pytest.param(
            "technicians.csv",
            "technician,name,weekly_hours\nanna,Anna,-1\n",
            ("technicians.csv", 2, "weekly_hours"),
            "not at least 0",
            id="negative hours",
        ),
        pytest.param(
            "devices.csv",
            "device,machine,since,until\ngw,pump-1,2025-01-02T00:00:00Z,2025-01-01T00:00:00Z\n",
            ("devices.csv", 2, "until"),
            "leave before it comes",
            id="a device that leaves before it comes",
        ),
        pytest.param(
            "devices.csv",
            "device,machine,since\ngw/7,pump-1,2025-01-02T00:00:00Z\n",
            ("devices.csv", 2, "device"),
            "none of + # / $",
            id="a device that cannot speak on a topic",
        ),
        pytest.param(
            "devices.csv",
            "device,machine,since\npump-1,pump-2,2025-01-02T00:00:00Z\n",
            ("devices.csv", 2, "since"),
            "machines.csv, row 2",
            id="a device that sits elsewhere for good",
        ),
        pytest.param(
            "customers.csv",
            "customer\nwaterworks\n",
            ("customers.csv", 1, "name"),
            "missing",
            id="a column is missing",
        ),
        pytest.param(
            "order.csv", ORDERS, ("order.csv", None, None), "call it orders.csv", id="a file that is nearly right"
        ),
    ],
)
def test_a_problem_names_file_row_column_and_remedy(
    make_plant: MakePlant, file: str, content: str, place: tuple[str, int | None, str | None], said: str
) -> None:
    folder = make_plant({file: content} | ({"orders.csv": None} if file == "order.csv" else {}))

    found = [p for p in check_day_one(folder) if (Path(p.file).name, p.row, p.column) == place]
    assert len(found) == 1
    assert said in found[0].problem
    with pytest.raises(MalformedHistory):
        read_day_one(folder)


def test_everything_wrong_is_told_at_once_and_nothing_that_follows_from_it(make_plant: MakePlant) -> None:
    folder = make_plant(
        {
            "parts.csv": PARTS + "seal-40,seal,-1,\n",
            "costs.csv": COSTS + "cp-100,seal,,,120,150,3,14,3,EUR\n",
            "orders.csv": ORDERS + "A-1,pump-9,seal,preventive,Replace,3\n",
        }
    )
    found = {(Path(p.file).name, p.row, p.column) for p in check_day_one(folder)}
    assert found == {
        ("parts.csv", 2, "price"),
        ("parts.csv", 2, "lead_time_days"),
        ("costs.csv", 2, "preventive"),
        ("costs.csv", 2, "failure"),
        ("orders.csv", 2, "machine"),
    }, "the bill and the stock name a part of a file that could not be read: no problem of theirs"


def test_what_a_history_in_the_folder_has_wrong_is_told_once(tmp_path: Path) -> None:
    write_day_one_templates(tmp_path / "plant")
    (tmp_path / "plant/machines.csv").write_text("machine,model,site,installed_at\npump-1,cp-100,north,yesterday\n")
    (tmp_path / "plant/events.csv").write_text("time,machine\n")

    said = [str(problem) for problem in check_day_one(tmp_path / "plant")]
    assert len(said) == len(set(said))
    assert sum("machines.csv" in problem for problem in said) == 1


def test_no_more_problems_are_told_than_asked_for(make_plant: MakePlant) -> None:
    folder = make_plant({"parts.csv": PARTS + "seal-40,seal,-1,\n", "costs.csv": COSTS + ",,,,,,,,,\n"})
    assert len(check_day_one(folder, limit=3)) == 3


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({}, "holds none of the files", id="an empty folder"),
        pytest.param({"UNFINISHED": ""}, "half-written", id="a folder half-written"),
    ],
)
def test_a_folder_that_tells_nothing_is_a_problem(tmp_path: Path, files: dict[str, str], said: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    [problem] = check_day_one(tmp_path)
    assert said in str(problem)


def test_a_single_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text(PARTS + "seal-40,seal,85,21\nseal-40,seal,85,21\n")
    assert [line.says.id for line in read_day_one(tmp_path).parts] == ["seal-40"], "said twice alike is said once"


def test_a_machine_whose_devices_are_listed_is_given_none_of_its_own_name(make_plant: MakePlant) -> None:
    machines = "machine,model,site,installed_at,device,components,area,customer\n"
    row = "pump-1,cp-100,north,2024-03-01T00:00:00Z,,bearing;seal,hall-1,\n"
    folder = make_plant({"machines.csv": machines + row})
    assert [line.says.device for line in read_day_one(folder).attachments] == ["gateway-7"]

    (folder / "devices.csv").unlink()
    day_one = read_day_one(folder)
    assert [line.says.device for line in day_one.attachments] == ["pump-1"]
    assert day_one.unspoken == {"pump-1"}


def test_components_come_from_the_records_where_machines_name_none(make_plant: MakePlant) -> None:
    folder = make_plant(
        {
            "machines.csv": "machine,model,site,installed_at\npump-1,cp-100,north,2024-03-01T00:00:00Z\n",
            "failures.csv": "time,machine,component,mode\n2025-01-01T00:00:00Z,pump-1,impeller,worn\n",
        }
    )
    day_one = read_day_one(folder)
    assert day_one.machines[0].says.components == ("impeller",)
    assert day_one.failures is not None
    assert len(day_one.failures) == 1
