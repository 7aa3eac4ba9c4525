import numpy as np
import pyarrow as pa
import pytest

from models.features.log_templates import FEWEST_TEXTS, MOST_TEMPLATES, fits, masked_words, mine_templates

PLENTY = 2 * FEWEST_TEXTS


def said(texts: list[str]) -> pa.Table:
    """Return events, or log lines, with these texts."""
    return pa.table({"message": pa.array(texts, pa.string())})


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
        pytest.param([], (), id="nothing said is no template"),
    ],
)
def test_templates_are_what_is_said_again_and_again(texts: list[str], templates: tuple[str, ...]) -> None:
    assert mine_templates(said(texts)) == templates


def test_the_order_of_the_texts_does_not_change_the_templates() -> None:
    texts = said([*many("valve {name} stuck at {n} %"), *many("valve A open"), *many("pump {name} dry"), "odd one out"])
    draw = np.random.default_rng(2)
    mined = {mine_templates(texts.take(pa.array(draw.permutation(len(texts))))) for _ in range(5)}
    assert mined == {("valve <*> stuck at <n> %", "valve A open", "pump <*> dry")}


def test_no_more_templates_than_a_model_has_room_for() -> None:
    texts = [f"{'x' * kind} happened" for kind in range(1, MOST_TEMPLATES + 9) for _ in range(FEWEST_TEXTS)]
    assert len(mine_templates(said(texts))) == MOST_TEMPLATES


def test_every_text_of_a_template_fits_it() -> None:
    texts = many("valve {name} stuck at {n} %")
    (template,) = mine_templates(said(texts))
    assert all(fits(template, masked_words(text)) for text in texts)
    assert not fits(template, masked_words("valve A stuck at 7 % again"))
