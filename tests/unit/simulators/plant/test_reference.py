import re

from simulators.plant.reference import plant_file_reference


def test_every_key_of_the_reference_has_a_type_a_default_and_a_sentence() -> None:
    page = plant_file_reference()
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    for key, kind, _, default, description in rows:
        assert kind.strip(), key
        assert default.strip(), key
        assert re.match(r" .+[.:)\]] ?$|^ .+\. $", description) or description.strip().endswith("."), key


def test_every_law_of_wear_has_its_table() -> None:
    page = plant_file_reference()
    for law in ("bearing_wear", "filter_clogging", "winding_ageing", "seal_wear", "chance_failure"):
        assert f'wear] with law = "{law}"' in page
