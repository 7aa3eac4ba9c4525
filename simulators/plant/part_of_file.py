"""What all tables of a plant file have in common: an unknown key is an error, and nothing changes once read."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class PartOfFile(BaseModel):
    """One table of a plant file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
"""snake_case: signals, components, classes and loads."""

Identity = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]
"""What sites, parts, crews and fault codes are called: letters, digits, dots, dashes, underscores."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""Between 0 and 1. [unitless]"""
