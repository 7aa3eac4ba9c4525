from pathlib import Path

from foreworn.bootstrap import check_day_one, read_day_one
from simulators.load import LoadPlan, load_machines, load_signals, write_fleet


def test_the_fleet_of_a_load_can_be_loaded_as_it_is(tmp_path: Path) -> None:
    plan = LoadPlan(devices=12, connections=2, signals=8)
    write_fleet(tmp_path / "fleet", plan)
    assert check_day_one(tmp_path / "fleet") == []
    told = read_day_one(tmp_path / "fleet")
    machines, attachments = load_machines(plan)
    assert [line.says for line in told.machines] == machines
    assert {(line.says.device, line.says.machine) for line in told.attachments} == {(d, d) for d in plan.device_ids()}
    assert [(a.device, a.machine) for a in attachments] == [(d, d) for d in plan.device_ids()]
    assert told.catalogue is not None
    assert list(told.catalogue.of_model("load").values()) == load_signals(plan)
