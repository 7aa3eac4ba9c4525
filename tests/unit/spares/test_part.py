from datetime import timedelta
from typing import Any

import pytest

from foreworn.errors import ConfigurationError
from foreworn.spares.part import Part, PartUse, parts_for


def _part(**changed: Any) -> Part:
    return Part(
        **{"id": "seal", "description": "shaft seal", "price": 85.0, "lead_time": timedelta(days=21), **changed}
    )


@pytest.mark.parametrize("missing", [None, timedelta(0), timedelta(days=-1)])
def test_a_part_without_lead_time_is_refused_with_what_to_give(missing: timedelta | None) -> None:
    with pytest.raises(ConfigurationError, match=r"'seal' has no lead time: give .* such as 14 days"):
        _part(lead_time=missing)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", -1.0),
        ("price", float("nan")),
        ("holding_rate", -0.1),
        ("order_cost", float("inf")),
        ("stockout_cost", -5.0),
        ("pack_size", 0),
        ("service_level", 1.0),
        ("service_level", 0.0),
        ("lead_time_sd", timedelta(days=-1)),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"'seal': {field} is .*, and must be"):
        _part(**{field: value})


def test_a_part_without_id_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no id"):
        _part(id=" ")


@pytest.mark.parametrize(("quantity", "packed"), [(0, 0), (1, 25), (25, 25), (26, 50)])
def test_parts_are_bought_in_whole_packs(quantity: int, packed: int) -> None:
    assert _part(pack_size=25).in_packs(quantity) == packed


def test_lines_for_the_model_itself_stand_in_place_of_those_for_any() -> None:
    bill = [PartUse("*", "seal", "kit"), PartUse("*", "seal", "grease", 2), PartUse("px", "seal", "big kit", 3)]

    assert parts_for(bill, "px", "seal") == {"big kit": 3}
    assert parts_for(bill, "qx", "seal") == {"grease": 2, "kit": 1}
    assert parts_for(bill, "px", "motor") == {}


def test_a_line_that_takes_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="give at least 1"):
        PartUse("px", "seal", "kit", 0)
