from datetime import timedelta
from typing import Any

from foreworn.spares import PartUse
from simulators.people import furnish
from simulators.plant import Plant, PlantFile
from tests.unit.simulators.people.small_plant import DAY, HOUR, START, SmallPlant


def entered(plant: SmallPlant) -> list[Any]:
    with plant.operations.reading() as tx:
        return [
            tx.costs.table(),
            tx.parts.all(),
            tx.parts.uses(),
            tx.stock.movements(),
            tx.stock.levels(),
            tx.team.all(),
        ]


def test_what_the_plant_file_says_is_entered(plant: SmallPlant) -> None:
    costs, [part], uses, [opening], [level], [crew] = entered(plant)
    assert costs.of("fan", "bearing").breakdown == 2_480
    assert not costs.of("fan", "bearing").assumed
    assert (part.id, part.description, part.price, part.lead_time) == ("6204", "deep groove bearing", 45, 4 * DAY)
    assert uses == [PartUse("fan", "bearing", "6204")]
    assert (opening.time, opening.quantity, level.on_hand) == (START, 1, 1)
    assert (crew.id, crew.weekly_hours) == ("one", 40 * HOUR)


def test_furnishing_twice_changes_nothing(plant: SmallPlant) -> None:
    once = entered(plant)
    furnish(plant.operations, plant.plant, place="main", time=START + DAY)
    assert entered(plant) == once


def test_a_part_from_around_the_corner_takes_an_hour_and_an_empty_shelf_is_no_movement(
    file: PlantFile, plant: SmallPlant
) -> None:
    near = file.parts[0].model_copy(update={"id": "near", "name": "", "lead_time_days": 0.0, "stock": 0})
    other = Plant(file.model_copy(update={"parts": (*file.parts, near)}), START)
    furnish(plant.operations, other, place="main", time=START)
    _, [_, part], _, movements, _, _ = entered(plant)
    assert (part.lead_time, part.description) == (timedelta(hours=1), "near")
    assert len(movements) == 1
