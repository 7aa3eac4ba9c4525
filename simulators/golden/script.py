"""The golden history's script: three pumps, four weeks, two failures, one preventive replacement.

Everything in it is simulated (`simulators.golden.pump`); what is written down here is only when wear
begins, when the plant rests, and when what looks like wear is none.
"""

from datetime import UTC, datetime, timedelta

from simulators.golden.dice import Dice
from simulators.golden.fates import Rest, ScriptedFate
from simulators.golden.plant import Record, Resident, live, pump_machine
from simulators.golden.pump import BEARING, CP_100, CP_200, SEAL, Disturbance, Pump, PumpModel

START = datetime(2026, 1, 5, tzinfo=UTC)
END = START + timedelta(days=28)
SITE = "north"
SEED = "golden 1"


def golden_record() -> tuple[Record, list[Resident]]:
    """Return what happened at the plant, before any message is lost, late or broken."""
    residents = golden_residents()
    record = live(residents, START, END)
    for machine, component, month, day in _EARLIER:
        time = datetime(2025, month, day, 9, 30, tzinfo=UTC)
        record.maintenance.append(
            {"time": time, "machine": machine, "component": component, "action": "replaced", "kind": "preventive"}
        )
    return record, residents


def golden_residents() -> list[Resident]:
    """Return the plant's pumps; the third speaks through a gateway of another name."""
    return [
        _resident(
            "pump-1",
            CP_100,
            "pump-1",
            ScriptedFate(
                Rest(weekday=6, hour=1),
                onsets={BEARING: 232.0, SEAL: 626.0},  # the seal is still at work, and wearing, when the record ends
                shown=(Disturbance(SEAL, _day(4, 5), hours=20, peak=0.5),),
            ),
        ),
        _resident(
            "pump-2",
            CP_100,
            "pump-2",
            ScriptedFate(
                Rest(weekday=5, hour=12),
                onsets={SEAL: 418.0},
                shown=(Disturbance(BEARING, _day(8, 14), hours=30, peak=0.6),),
            ),
        ),
        _resident(
            "pump-3",
            CP_200,
            "gateway-7",
            ScriptedFate(
                Rest(weekday=2, hour=18),
                onsets={BEARING: 305.0},
                shown=(Disturbance(SEAL, _day(21, 3), hours=26, peak=0.7),),
                replaced={BEARING: _day(14, 10)},
            ),
        ),
    ]


# machine, component, month and day in 2025: what was replaced before the first hour
_EARLIER = (
    ("pump-1", BEARING, 11, 18),
    ("pump-1", SEAL, 12, 16),
    ("pump-2", BEARING, 12, 3),
    ("pump-2", SEAL, 11, 11),
    ("pump-3", BEARING, 11, 25),
    ("pump-3", SEAL, 12, 9),
)


def _day(day: int, hour: int) -> datetime:
    return START + timedelta(days=day, hours=hour)


def _resident(name: str, model: PumpModel, device: str, fate: ScriptedFate) -> Resident:
    dice = Dice(f"{SEED}/{name}")
    pump = Pump(model, fate, dice, hours_run=int(dice.uniform(8_000, 20_000)))
    installed_at = datetime(2023, 6, 1, tzinfo=UTC)
    return Resident(pump_machine(name, model, SITE, installed_at), model, pump, device)
