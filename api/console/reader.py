"""Who reads a page: what they are called, which pages they need first, and what they may do."""

from dataclasses import dataclass

from fastapi import Request
from markupsafe import Markup

from api.auth import csrf_field
from foreworn.access import Role, User

_TODAY, _ORDERS = ("/", "Today"), ("/orders", "Orders")
_JOBS, _ALL_JOBS = ("/jobs", "My jobs"), ("/jobs", "Jobs")
_PARTS, _CASES, _DATA, _MODEL = ("/parts", "Parts"), ("/cases", "Cases"), ("/data", "Data"), ("/model", "Model")


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads a page; `user` is None where nobody is logged in."""

    user: User | None
    csrf: Markup

    @property
    def name(self) -> str:
        """What the audit trail calls them; empty for nobody."""
        return "" if self.user is None else self.user.name

    @property
    def roles(self) -> str:
        """Their roles in words."""
        return "" if self.user is None else ", ".join(sorted(self.user.roles))

    def may(self, *roles: Role) -> bool:
        """Tell whether one of these roles is theirs."""
        return self.user is not None and self.user.may(*roles)

    @property
    def plans(self) -> bool:
        """Whether they approve and schedule work."""
        return self.may(Role.PLANNER)

    @property
    def works(self) -> bool:
        """Whether they do the work, or stand in for who does."""
        return self.may(Role.TECHNICIAN, Role.PLANNER)

    @property
    def stocks(self) -> bool:
        """Whether they buy and receive parts."""
        return self.may(Role.INVENTORY)

    @property
    def mends(self) -> bool:
        """Whether they replay and purge what was refused."""
        return self.may(Role.ENGINEER)

    @property
    def pages(self) -> list[tuple[str, str]]:
        """The pages, (address, word), those of their own work first."""
        if self.user is None:
            return []
        first = [_TODAY]
        if self.works and not self.plans:
            first = [_JOBS, _TODAY]
        elif self.stocks and not self.plans:
            first = [_PARTS, _TODAY]
        elif self.plans:
            first = [_TODAY, _ALL_JOBS]
        return first + [page for page in (_TODAY, _ORDERS, _PARTS, _CASES, _DATA, _MODEL) if page not in first]


def reader_of(request: Request) -> Reader:
    """Return who asked."""
    visitor = getattr(request.state, "visitor", None)
    return Reader(None if visitor is None else visitor.user, csrf_field(request))
