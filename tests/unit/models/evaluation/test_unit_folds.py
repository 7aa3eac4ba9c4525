import pytest

from models.evaluation.unit_folds import deal_units

UNITS = [f"u{i:02d}" for i in range(17)]


def test_every_unit_is_in_one_fold_and_folds_are_as_equal_as_can_be() -> None:
    folds = deal_units(UNITS, 5)
    assert sorted(unit for fold in folds for unit in fold) == UNITS
    assert {len(fold) for fold in folds} == {3, 4}


def test_the_seed_deals_and_the_order_of_units_does_not() -> None:
    assert deal_units(UNITS, 5) == deal_units(UNITS[::-1], 5)
    assert deal_units(UNITS, 5, seed=2) != deal_units(UNITS, 5)


@pytest.mark.parametrize("folds", [0, 1, 18])
def test_too_few_folds_or_units_are_refused(folds: int) -> None:
    with pytest.raises(ValueError, match="cannot be dealt"):
        deal_units(UNITS, folds)
