"""What all answers share."""

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """One JSON object of an answer."""

    model_config = ConfigDict(frozen=True)


class PageAnswer(Answer):
    """A page of a list."""

    total: int = Field(description="How many there are in all.")
    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null at the end.")


class FieldError(Answer):
    """A field at fault."""

    field: str = Field(description="The parameter's name.")
    problem: str = Field(description="What is wrong with it.")
    remedy: str = Field(description="What would do.")


class ProblemAnswer(Answer):
    """A problem, as RFC 9457 has it."""

    type: str = Field(description="A URI that names the kind of problem.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What went wrong this time, and what to do about it.")
    instance: str = Field(description="The path that was asked for.")
    errors: list[FieldError] = Field(default=[], description="The fields at fault, where fields are.")
