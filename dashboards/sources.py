"""The two data sources that dashboards ask, as Grafana is told of them."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from dashboards import influxql, sql
from foreworn.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class InfluxSource:
    """The InfluxDB bucket that keeps telemetry, as Grafana's server reaches it.

    Parameters
    ----------
    url
        The server, such as `http://127.0.0.1:8086`.
    bucket
        It stands for the database in InfluxQL.
    token
        One that may read the bucket.
    """

    url: str
    bucket: str
    token: str

    uid = influxql.DATASOURCE_UID
    name = "Foreworn"

    def payload(self) -> dict[str, object]:
        """Return what Grafana's data source API takes."""
        return {
            "name": self.name,
            "uid": self.uid,
            "type": "influxdb",
            "access": "proxy",
            "url": self.url,
            "isDefault": False,
            "jsonData": {
                "version": "InfluxQL",
                "dbName": self.bucket,
                "httpMode": "POST",
                "httpHeaderName1": "Authorization",
                "timeInterval": "1m",
            },
            "secureJsonData": {"httpHeaderValue1": f"Token {self.token}"},
        }

    def __repr__(self) -> str:
        return f"InfluxSource(url={self.url!r}, bucket={self.bucket!r})"


@dataclass(frozen=True, slots=True)
class PostgresSource:
    """The PostgreSQL database that keeps operations, as Grafana's server reaches it.

    Parameters
    ----------
    address
        Host and port.
    database
        Its name.
    user, password
        A role that may read what dashboards ask, such as the one `deploy/grafana/reader.sql` makes: whoever may open
        a dashboard can send any statement as this role.
    sslmode
        `disable`, `require`, `verify-ca` or `verify-full`.
    """

    address: str
    database: str
    user: str
    password: str
    sslmode: str = "disable"

    uid = sql.DATASOURCE_UID
    name = "Foreworn operations"

    @classmethod
    def at(cls, url: str, *, sslmode: str = "disable") -> "PostgresSource":
        """Return the source at a `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.

        Raises
        ------
        ConfigurationError
            If it is no such address; SQLite is a file that Grafana cannot read.

        Examples
        --------
        >>> PostgresSource.at("postgresql://grafana:secret@db/foreworn")
        PostgresSource(address='db:5432', database='foreworn', user='grafana')
        """
        parts = urlsplit(url)
        database = unquote(parts.path.removeprefix("/"))
        if not parts.scheme.startswith("postgresql") or not (parts.hostname and parts.username and database):
            raise ConfigurationError(
                "Grafana reads the operations store from PostgreSQL only: "
                "give postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            )
        address = f"{parts.hostname}:{parts.port or 5432}"
        return cls(address, database, unquote(parts.username), unquote(parts.password or ""), sslmode)

    def payload(self) -> dict[str, object]:
        """Return what Grafana's data source API takes."""
        return {
            "name": self.name,
            "uid": self.uid,
            "type": sql.DATASOURCE_TYPE,
            "access": "proxy",
            "url": self.address,
            "user": self.user,
            "isDefault": False,
            "jsonData": {
                "database": self.database,
                "sslmode": self.sslmode,
                "postgresVersion": 1500,
                "timescaledb": False,
            },
            "secureJsonData": {"password": self.password},
        }

    def __repr__(self) -> str:
        return f"PostgresSource(address={self.address!r}, database={self.database!r}, user={self.user!r})"


DataSource = InfluxSource | PostgresSource
