from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from foreworn.fleet.history import FleetHistory
from models.features import FeatureSet, TemplateCount, UnknownTextCount, compute, features_of
from models.features.log_templates import FEWEST_TEXTS, MOST_TEMPLATES, fits, mine_templates
from tests.unit.models.small_fleet import HOUR, at, history

PLENTY = 2 * FEWEST_TEXTS


def said(*texts: tuple[float, str]) -> FleetHistory:
    """Return a history of one machine whose events carry these texts, by hour."""
    bare = history(events=[("m1", at(hour), "log") for hour, _ in texts])
    message = [text for _, text in sorted(texts)]
    return replace(bare, events=bare.events.set_column(4, "message", pa.array(message, pa.string())))


def many(text: str) -> list[str]:
    """Return a text again and again, with other numbers and another name each time."""
    return [text.format(n=40 + i, name=chr(65 + i)) for i in range(PLENTY)]


@pytest.mark.parametrize(
    ("texts", "templates"),
    [
        pytest.param(many("drive at {n}.5 C"), ("drive at <n> C",), id="numbers are masked"),
        pytest.param(many("valve {name} stuck"), ("valve <*> stuck",), id="words that vary are left open"),
        pytest.param(many("door open") + many("door shut") * 2, ("door shut", "door open"), id="frequent ones first"),
        pytest.param([*many("door open"), "roof gone"], ("door open",), id="a rare text is no template"),
        pytest.param(many("{name} {name}"), (), id="nothing but open words is no template"),
        pytest.param(many("{n}"), (), id="a number alone is no template"),
        pytest.param(many(""), (), id="no text is no template"),
    ],
)
def test_templates_are_what_is_said_again_and_again(texts: list[str], templates: tuple[str, ...]) -> None:
    assert mine_templates(said(*enumerate(texts)).events) == templates


def test_the_order_of_the_texts_does_not_change_the_templates() -> None:
    texts = [*many("valve {name} stuck at {n} %"), *many("valve A open"), *many("pump {name} dry"), "odd one out"]
    events = said(*enumerate(texts)).events
    draw = np.random.default_rng(2)
    mined = {mine_templates(events.take(pa.array(draw.permutation(len(events))))) for _ in range(5)}
    assert mined == {("valve <*> stuck at <n> %", "valve A open", "pump <*> dry")}


def test_no_more_templates_than_a_model_has_room_for() -> None:
    texts = [f"{'x' * kind} happened" for kind in range(1, MOST_TEMPLATES + 9) for _ in range(FEWEST_TEXTS)]
    events = said(*enumerate(texts)).events
    assert len(mine_templates(events)) == MOST_TEMPLATES


def test_every_text_of_a_template_fits_it() -> None:
    texts = many("valve {name} stuck at {n} %")
    (template,) = mine_templates(said(*enumerate(texts)).events)
    assert all(fits(template, text) for text in texts)
    assert not fits(template, "valve A stuck at 7 % again")


def test_texts_of_the_window_are_counted_and_those_that_training_did_not_know_as_such() -> None:
    known = said((1, "valve A stuck"), (20, "valve B stuck"), (30, "roof gone"), (31, ""), (41, "valve C stuck"))
    features = FeatureSet(
        (TemplateCount("valve <*> stuck", 24 * HOUR), UnknownTextCount(("valve <*> stuck",), 24 * HOUR))
    )
    assert compute(features, known, [("m1", at(40))]).matrix.tolist() == [[1.0, 1.0]]
    assert features.names == ("text 'valve <*> stuck' count 24 h", "texts of no template count 24 h")


def test_templates_are_features_where_they_are_asked_for_and_never_without_events() -> None:
    known = said(*enumerate(many("valve {name} stuck")))
    asked = features_of(known, with_templates=True).names
    assert set(asked) - set(features_of(known).names) == {
        "text 'valve <*> stuck' count 24 h",
        "texts of no template count 24 h",
    }
    assert features_of(known, with_templates=True, with_events=False) == features_of(known, with_events=False)


def test_what_is_said_later_teaches_no_template() -> None:
    known = said(*enumerate(many("valve {name} stuck") + many("roof gone")))
    past = known.until(at(PLENTY) - timedelta(milliseconds=1))
    assert mine_templates(past.events) == ("valve <*> stuck",)
