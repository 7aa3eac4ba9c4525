from datetime import timedelta

import numpy as np

from models.features.similarity import PARTS, PastLives
from models.features.window import Values

HOUR = timedelta(hours=1)
DRAW = np.random.default_rng(2)


def shapes_of(life: Values) -> Values:
    """Return shapes that tell the life: a level, and the same two steps ago."""
    return np.stack([life / 10, (life + 2) / 10], axis=1) + DRAW.normal(0, 0.01, (len(life), 2))


def library() -> PastLives:
    life = np.tile(np.arange(100.0), 4)
    machine = np.repeat(np.array(["a", "b", "c", "d"], dtype=object), 100)
    return PastLives(("h",), "engine", HOUR, (2,), 6, shapes_of(life), life, machine)


def test_a_life_is_foretold_by_those_that_went_the_same_way() -> None:
    life = np.array([10.0, 50.0, 80.0])
    said = library().values(shapes_of(life), np.array(["x"] * 3, dtype=object))
    assert np.abs(said[:, PARTS.index("mean")] - life).max() < 2
    assert (said[:, PARTS.index("low")] <= said[:, PARTS.index("high")]).all()


def test_a_machine_is_never_compared_with_itself() -> None:
    known = library()
    own = known.machine == "a"
    said = known.values(known.shapes[own], known.machine[own])
    assert (said[:, PARTS.index("distance")] > 0).all()
    alone = PastLives(("h",), "engine", HOUR, (2,), 6, known.shapes[own], known.life[own], known.machine[own])
    assert np.isnan(alone.values(known.shapes[own], known.machine[own])).all()


def test_a_shape_with_a_missing_point_is_not_guessed() -> None:
    said = library().values(np.array([[1.0, np.nan]]), np.array(["x"], dtype=object))
    assert np.isnan(said).all()


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    known, machine = library(), np.array(["x"] * 50, dtype=object)
    shapes = shapes_of(np.linspace(0, 99, 50))
    together = known.values(shapes, machine)
    alone = np.vstack([known.values(shapes[i : i + 1], machine[:1]) for i in range(50)])
    np.testing.assert_allclose(alone, together, rtol=1e-9, atol=1e-12)


def test_a_library_survives_as_data() -> None:
    known = library()
    kept = PastLives.from_data(known.as_data())
    shapes, machine = shapes_of(np.array([30.0])), np.array(["x"], dtype=object)
    assert np.array_equal(kept.values(shapes, machine), known.values(shapes, machine))
