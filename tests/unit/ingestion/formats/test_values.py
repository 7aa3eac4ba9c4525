import pytest

from ingestion.formats.values import shown, whole


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(41, 41, id="an integer"),
        pytest.param(2**70, 2**70, id="a large integer"),
        pytest.param(41.0, 41, id="a whole float"),
        pytest.param(float(2**53 - 1), 2**53 - 1, id="the largest float that is exact"),
        pytest.param(float(2**53), None, id="a float that may stand for two integers"),
        pytest.param(41.5, None, id="a fraction"),
        pytest.param(True, None, id="true"),
        pytest.param("41", None, id="a text"),
        pytest.param(float("inf"), None, id="infinity"),
        pytest.param(None, None, id="null"),
    ],
)
def test_which_numbers_are_whole(value: object, expected: int | None) -> None:
    assert whole(value) == expected


@pytest.mark.parametrize(
    "value", ["x" * 10_000, "\U0001f600" * 1000, pytest.param(10**5000, id="a long integer"), [0] * 5000, {"a": 1}, 1.5]
)
def test_what_is_shown_is_short_and_printable(value: object) -> None:
    assert len(shown(value)) < 200
    assert shown(value).isprintable()
