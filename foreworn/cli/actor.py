"""Who gives a command: what is changed from the command line names its actor too."""

import getpass
from typing import Annotated

import typer

By = Annotated[str | None, typer.Option(metavar="NAME", help="Who does this; the user of this machine if left out.")]


def actor() -> str:
    """Return the user of this machine, as the audit trail names one at the command line."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a container's user need not have a name
        return "command line"
