"""Bring the dashboards into a Grafana over its HTTP API: its folder, its data sources, and each dashboard."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaServerError
from requests.exceptions import JSONDecodeError, RequestException, Timeout

from dashboards import influxql, sql
from dashboards.generation import DASHBOARDS, rendered
from dashboards.sources import DataSource
from foreworn.errors import ConfigurationError, GrafanaRefused, GrafanaUnavailable

FOLDER_UID = "foreworn"
TIMEOUT = timedelta(seconds=10)
_SOURCES = {influxql.DATASOURCE_UID: "InfluxDB", sql.DATASOURCE_UID: "PostgreSQL"}
_NOT_FOUND = 404
_SOMETHING_ELSE = "something else answers there"

T = TypeVar("T")


class Did(StrEnum):
    """What pushing did to one thing."""

    CREATED = "created"
    UPDATED = "updated"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Pushed:
    """One thing in Grafana, and what became of it.

    Parameters
    ----------
    kind
        `folder`, `data source` or `dashboard`.
    title
        What people call it.
    uid
        What Grafana calls it.
    did
        Whether it is new, changed, or was as it should be.
    url
        Where it is seen; empty for a data source.
    """

    kind: str
    title: str
    uid: str
    did: Did
    url: str = ""


def push(
    url: str,
    credential: str | tuple[str, str],
    *,
    folder: str = "Foreworn",
    sources: Sequence[DataSource] = (),
    timeout: timedelta = TIMEOUT,
) -> list[Pushed]:
    """Bring folder, data sources and dashboards into a Grafana; what is there as it should be is left alone.

    A data source that is there is kept as it is, so that one that somebody has set up goes on to work.

    Parameters
    ----------
    url
        Where Grafana answers, such as `http://127.0.0.1:3000`; with its path where it is served below one.
    credential
        The token of a service account that is an editor or, where data sources are missing, an admin; or a user and
        their password.
    folder
        The folder's title, where it does not exist yet.
    sources
        What the data sources are, for those that Grafana does not have yet.
    timeout
        How long one call may take.

    Raises
    ------
    ConfigurationError
        If the address is none, or a data source is missing and not among `sources`.
    GrafanaUnavailable
        If no Grafana answers there.
    GrafanaRefused
        If Grafana answers and will not: it does not know who asks, they may not, or it will not take what it is given.
    """
    with closing(_Grafana(url, credential, timeout)) as grafana:
        return grafana.push(folder, {source.uid: source for source in sources})


class _Grafana:
    """One Grafana, spoken to through its client."""

    def __init__(self, url: str, credential: str | tuple[str, str], timeout: timedelta) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise ConfigurationError(f"{url!r} is no address of a Grafana: give one like http://127.0.0.1:3000")
        self.url = url.rstrip("/")
        # The client glues `api` to the path as it stands.
        self._api = GrafanaApi.from_url(f"{self.url}/", credential, timeout=timeout.total_seconds())

    def push(self, folder: str, sources: Mapping[str, DataSource]) -> list[Pushed]:
        """Bring in everything; before anything is changed, make sure that the dashboards will have whom to ask."""
        self.check()
        missing = self.missing_sources()
        for uid in missing:
            if uid not in sources:
                raise ConfigurationError(
                    f"Grafana at {self.url} has no data source {uid!r} and was not told where its {_SOURCES[uid]} is: "
                    "give its address, or add the data source in Grafana with this uid"
                )
        done = [self.folder(folder)]
        done += [self.source(sources[uid]) if uid in missing else self.kept_source(uid) for uid in _SOURCES]
        return done + [self.dashboard(json.loads(rendered(name))) for name in DASHBOARDS]

    def close(self) -> None:
        """Close all connections."""
        self._api.client.s.close()

    def check(self) -> None:
        """Make sure that a Grafana answers; its health can be asked without signing in."""
        health = self._call(lambda: self._api.client.GET("/health"), "be asked how it is")
        if not isinstance(health, Mapping) or "database" not in health:
            raise GrafanaUnavailable(self.url, _SOMETHING_ELSE)

    def missing_sources(self) -> list[str]:
        """Return the uids of our data sources that are not there."""
        return [uid for uid in _SOURCES if self._source(uid) is None]

    def kept_source(self, uid: str) -> Pushed:
        """Tell of a data source that is there."""
        found = self._source(uid)
        title = str(found["name"]) if found is not None else uid
        return Pushed("data source", title, uid, Did.KEPT)

    def source(self, source: DataSource) -> Pushed:
        """Make a data source."""
        what = f"make the data source {source.name!r}"
        self._call(lambda: self._api.datasource.create_datasource(source.payload()), what)
        return Pushed("data source", source.name, source.uid, Did.CREATED)

    def folder(self, title: str) -> Pushed:
        """Make our folder, unless it is there; its title is its owner's."""
        found = self._found(lambda: self._api.folder.get_folder(FOLDER_UID), "show our folder")
        did = Did.KEPT if found is not None else Did.CREATED
        if found is None:
            made = self._call(
                lambda: self._api.folder.create_folder(title, uid=FOLDER_UID), f"make the folder {title!r}"
            )
            found = dict(made)
        return Pushed("folder", str(found["title"]), FOLDER_UID, did, self._link(found))

    def dashboard(self, dashboard: dict[str, Any]) -> Pushed:
        """Bring a dashboard into our folder, unless it is there just so."""
        uid, title = str(dashboard["uid"]), str(dashboard["title"])
        before = self._found(lambda: self._api.dashboard.get_dashboard(uid), f"show the dashboard {title!r}")
        if before is not None and _is_same(before, dashboard):
            return Pushed("dashboard", title, uid, Did.KEPT, self._link(before["meta"]))
        told = {
            "dashboard": {**dashboard, "id": None},
            "folderUid": FOLDER_UID,
            "message": "foreworn dashboards push",
            "overwrite": True,
        }
        saved = self._call(lambda: self._api.dashboard.update_dashboard(told), f"save the dashboard {title!r}")
        return Pushed("dashboard", title, uid, Did.CREATED if before is None else Did.UPDATED, self._link(saved))

    def _source(self, uid: str) -> Mapping[str, Any] | None:
        return self._found(lambda: self._api.datasource.get_datasource_by_uid(uid), f"show the data source {uid!r}")

    def _link(self, answer: Mapping[str, Any]) -> str:
        """Return where something is seen; Grafana tells the path, from the root of the host where it has one."""
        parts = urlsplit(self.url)
        path = str(answer.get("url", ""))
        return f"{parts.scheme}://{parts.netloc}{path}" if path.startswith(f"{parts.path}/") else f"{self.url}{path}"

    def _found(self, ask: Callable[[], Any], what: str) -> Mapping[str, Any] | None:
        with self._translated(what):
            try:
                return dict(ask())
            except GrafanaClientError as e:
                if e.status_code == _NOT_FOUND:
                    return None
                raise

    def _call(self, ask: Callable[[], T], what: str) -> T:
        with self._translated(what):
            return ask()

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except Timeout as e:
            raise GrafanaUnavailable(self.url, "it does not answer in time") from e
        except GrafanaServerError as e:
            raise GrafanaUnavailable(self.url, str(e)) from e
        except GrafanaException as e:
            raise GrafanaRefused(self.url, what, _why(e), status=e.status_code) from e
        except JSONDecodeError as e:
            raise GrafanaUnavailable(self.url, _SOMETHING_ELSE) from e
        except RequestException as e:
            raise GrafanaUnavailable(self.url, type(e).__name__) from e


def _is_same(before: Mapping[str, Any], dashboard: Mapping[str, Any]) -> bool:
    """Tell whether what is there is what we would save; Grafana counts versions and numbers by itself."""
    own = ("id", "version")
    there = {k: v for k, v in before["dashboard"].items() if k not in own}
    return there == {k: v for k, v in dashboard.items() if k not in own} and before["meta"]["folderUid"] == FOLDER_UID


def _why(error: GrafanaException) -> str:
    """Return what Grafana says, in its own words where it has any."""
    told = error.response.get("message") if isinstance(error.response, Mapping) else None
    return str(told or error)
