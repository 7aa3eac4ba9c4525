"""The form of a request, as a handler takes it; the application has checked by then that it is ours."""

from typing import Annotated

from fastapi import Depends, Request

from api.console.forms import Form


async def _typed(request: Request) -> Form:
    fields = await request.form()
    return Form({name: value for name, value in fields.items() if isinstance(value, str)})


TypedForm = Annotated[Form, Depends(_typed)]
