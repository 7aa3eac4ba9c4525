"""What a command loads before it is known which command it is, and what a collector keeps in memory."""

import subprocess
import sys

import pytest

HEAVY = ("lightgbm", "prophet", "sklearn", "fastapi", "pandas", "influxdb_client", "scipy")

ASK = "import sys; import {module}; print(*(name for name in {heavy!r} if name in sys.modules))"


@pytest.mark.parametrize(
    ("module", "without"),
    [
        pytest.param("foreworn.cli", (*HEAVY, "numpy", "pyarrow", "sqlalchemy"), id="the command line"),
        pytest.param(
            "foreworn.cli.models, foreworn.bootstrap.model_stores, foreworn.loop.model_versions, "
            "foreworn.loop.other_models",
            (*HEAVY, "sqlalchemy"),
            id="models list",
        ),
        pytest.param("foreworn.collect, foreworn.bootstrap.stores, foreworn.bootstrap.collecting", HEAVY, id="collect"),
    ],
)
def test_nothing_is_loaded_that_is_not_used(module: str, without: tuple[str, ...]) -> None:
    asked = [sys.executable, "-c", ASK.format(module=module, heavy=without)]
    assert subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120).stdout.split() == []


def test_every_name_of_the_composition_root_can_be_had() -> None:
    from foreworn import bootstrap

    assert [name for name in bootstrap.__all__ if not hasattr(bootstrap, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        bootstrap.nothing  # noqa: B018
