"""The best age is one that no single move improves, and crews are there where a file names none."""

from datetime import timedelta

from simulators.plant import Plant, age_replacement, best_age_replacement, read_plant, run_to_failure, shipped_plants
from tests.unit.simulators.people.small_plant import START

DAY = timedelta(days=1)
END = START + 90 * DAY


def test_no_single_change_of_an_age_makes_the_best_ages_cheaper() -> None:
    plant = Plant(read_plant(shipped_plants()["bottling_hall"]), START, 5)
    best = best_age_replacement(plant, END)
    assert best.cost <= run_to_failure(plant, END).cost
    for key, age in best.ages.items():
        for factor in (0.5, 0.85, 1.15, 2.0):
            moved = {**best.ages, key: round(age * factor / plant.step) * plant.step}
            assert age_replacement(plant, END, moved).cost >= best.cost


def test_sites_that_the_file_gives_nobody_have_one_person() -> None:
    file = read_plant(shipped_plants()["pumping_stations"])
    plant = Plant(file.model_copy(update={"crews": ()}), START, 5)
    [crew] = plant.crews
    assert set(crew.sites) == {site.id for site in file.sites}
    assert crew.weekly_hours == 40.0
