"""Areas, customers, and where machines stand, in SQL."""

import sqlalchemy as sa

from foreworn.errors import NotFound
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.tables import AREAS, CUSTOMERS, MACHINES, SITES, STANDINGS
from foreworn.storage.operations.sql.transactions import upsert


class SqlSiteBook:
    """Keeps areas, customers and who stands where."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put_area(self, area: Area) -> None:
        """Add or update an area, by site and id; a site nobody knows is added."""
        upsert(self._connection, SITES, [{"id": area.site}], update={})
        upsert(self._connection, AREAS, [{"site": area.site, "id": area.id, "name": area.name}])

    def put_customer(self, customer: Customer) -> None:
        """Add or update a customer, by id."""
        upsert(self._connection, CUSTOMERS, [{"id": customer.id, "name": customer.name}])

    def place(self, standing: Standing) -> None:
        """Say where a machine stands; see `SiteBook.place`."""
        check_there(self._connection, MACHINES, "machine", standing.machine)
        if standing.customer is not None:
            check_there(self._connection, CUSTOMERS, "customer", standing.customer)
        site = None if standing.area is None else self._site_of_area(standing.machine, standing.area)
        row = {"machine": standing.machine, "site": site, "area": standing.area, "customer": standing.customer}
        upsert(self._connection, STANDINGS, [row])

    def areas(self) -> list[Area]:
        """Return all areas, sorted by site, id."""
        rows = self._connection.execute(sa.select(AREAS))
        return sorted((Area(row.site, row.id, row.name) for row in rows), key=lambda a: (a.site, a.id))

    def customers(self) -> list[Customer]:
        """Return all customers, sorted by id."""
        rows = self._connection.execute(sa.select(CUSTOMERS))
        return sorted((Customer(row.id, row.name) for row in rows), key=lambda c: c.id)

    def standings(self) -> list[Standing]:
        """Return where machines stand, sorted by machine; see `SiteBook.standings`."""
        area = sa.case((STANDINGS.c.site == MACHINES.c.site, STANDINGS.c.area))
        query = sa.select(STANDINGS.c.machine, area.label("area"), STANDINGS.c.customer).join(MACHINES)
        found = (Standing(row.machine, row.area, row.customer) for row in self._connection.execute(query))
        return sorted((s for s in found if s.area or s.customer), key=lambda s: s.machine)

    def _site_of_area(self, machine: str, area: str) -> str:
        site = self._connection.execute(sa.select(MACHINES.c.site).where(MACHINES.c.id == machine)).scalar_one()
        of_site = self._connection.execute(sa.select(AREAS.c.id).where(AREAS.c.site == site)).scalars()
        known = sorted(of_site)
        if area not in known:
            raise NotFound(f"area of site {site!r}", area, known=known)
        return str(site)
