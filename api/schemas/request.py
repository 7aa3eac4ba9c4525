"""What all requests that change something share: exact types, and text that every store can keep."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_LONGEST_NAME, _LONGEST_TEXT = 200, 2000


class Request(BaseModel):
    """One JSON object of a request; a field that we do not know is refused, for it is a typo."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _printable(text: str) -> str:
    if not all(c.isprintable() or c in "\n\t" for c in text):
        raise ValueError("it holds characters that cannot be printed: leave them out")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds characters that cannot be printed: leave them out")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_NAME, strict=True), AfterValidator(_one_line)]
"""An id or a name."""

OptionalText = Annotated[str, StringConstraints(max_length=_LONGEST_TEXT, strict=True), AfterValidator(_printable)]
"""What somebody says, or nothing."""

Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=_LONGEST_TEXT, strict=True, pattern=r"\S"),
    AfterValidator(_printable),
]
"""What somebody has to say."""

Hours = Annotated[float, Field(strict=True, ge=0, le=10_000, allow_inf_nan=False)]
Money = Annotated[float, Field(strict=True, ge=0, le=1e12, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


def hours(value: float) -> timedelta:
    """Return a number of hours as a span."""
    return timedelta(hours=value)
