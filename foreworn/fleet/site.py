"""Where machines stand and whom they belong to, beyond their site."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a site, such as a line or a hall."""

    site: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom machines are kept running for."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one machine stands, and for whom; None where nobody has said."""

    machine: str
    area: str | None = None
    customer: str | None = None


class SiteBook(Protocol):
    """Keeps areas, customers and who stands where; lives in the operations store, inside a transaction."""

    def put_area(self, area: Area) -> None:
        """Add or update an area, by site and id; a site nobody knows is added."""
        ...

    def put_customer(self, customer: Customer) -> None:
        """Add or update a customer, by id."""
        ...

    def place(self, standing: Standing) -> None:
        """Say where a machine stands.

        Raises
        ------
        NotFound
            If the machine, the area of its site, or the customer is not registered.
        """
        ...

    def areas(self) -> list[Area]:
        """Return all areas, sorted by site, id."""
        ...

    def customers(self) -> list[Customer]:
        """Return all customers, sorted by id."""
        ...

    def standings(self) -> list[Standing]:
        """Return where machines stand, sorted by machine; those nobody has placed are left out."""
        ...
