import pytest

from models.demand.demand_class import DemandClass, demand_class


@pytest.mark.parametrize(
    ("quantities", "expected"),
    [
        pytest.param([3, 4, 3, 4], DemandClass.SMOOTH, id="always, and alike"),
        pytest.param([1, 1, 1, 20], DemandClass.ERRATIC, id="always, and uneven"),
        pytest.param([0, 2, 0, 2], DemandClass.INTERMITTENT, id="now and then, and alike"),
        pytest.param([0, 1, 0, 1, 0, 30], DemandClass.LUMPY, id="now and then, and uneven"),
        pytest.param([0, 0], DemandClass.NONE, id="never"),
        # 33 periods over 25 demands is an interval of 1.32
        pytest.param([1] * 25 + [0] * 8, DemandClass.INTERMITTENT, id="the interval's limit itself is intermittent"),
        pytest.param([1] * 25 + [0] * 7, DemandClass.SMOOTH, id="just below it is smooth"),
        # sizes 3 and 17: sd 7, mean 10, so the squared coefficient is 0.49
        pytest.param([3, 17], DemandClass.ERRATIC, id="the limit of evenness itself is erratic"),
        pytest.param([3.1, 17], DemandClass.SMOOTH, id="just below it is smooth in size"),
    ],
)
def test_a_part_has_the_class_of_syntetos_and_boylan(quantities: list[float], expected: DemandClass) -> None:
    assert demand_class(quantities) is expected
