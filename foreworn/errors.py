"""Every error Foreworn raises on purpose.

ForewornError
├── ConfigurationError        a setting is wrong or two settings do not fit together
│   └── PortInUse             a port we were told to listen on is taken
├── MalformedHistory          a history folder breaks its format; names file, row and column
├── Rejected                  one message, sample or value is refused; it is quarantined with this reason
├── StoreUnavailable          a store cannot answer now; retry after a pause
├── StoreRejected             a store refuses what was written and always will; split and quarantine
├── BrokerUnavailable         no MQTT broker answers at the address
├── GrafanaUnavailable        no Grafana answers at the address
├── GrafanaRefused            Grafana answers, and will not do what it was asked
├── SpoolFailed               the spool cannot make data durable; stop acknowledging and exit
├── TooLittleHistory          there is not enough history to train on
├── DamagedModel              a stored model is not what was written; restore it or train again
├── NotFound                  what was asked for does not exist
├── TransitionRefused         a work order may not go from this state to that one
└── Conflict                  somebody else changed it first, or it exists already

Bad arguments in code stay `ValueError`. The edges translate once: `api` to problem+json, `ingestion`
to a quarantine entry or a pause, `foreworn.cli` to one line on the terminal and an exit code.
"""

from collections.abc import Sequence
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path


class ForewornError(Exception):
    """Anything Foreworn raises on purpose."""


class ConfigurationError(ForewornError):
    """A setting is wrong; the message names the setting and a value that would do."""


class PortInUse(ConfigurationError):
    """A port we were told to listen on is taken."""

    def __init__(self, host: str, port: int, *, setting: str) -> None:
        super().__init__(
            f"{host}:{port} is already in use: stop what listens there or choose another port with {setting}"
        )
        self.host, self.port, self.setting = host, port, setting


class MalformedHistory(ForewornError):
    """A fleet history on disk breaks its format."""

    def __init__(self, file: Path | str, problem: str, *, row: int | None = None, column: str | None = None) -> None:
        place = str(file)
        if row is not None:
            place += f", row {row}"
        if column is not None:
            place += f", column {column!r}"
        super().__init__(f"{place}: {problem}")
        self.file, self.problem, self.row, self.column = str(file), problem, row, column


class Rejected(ForewornError):
    """One message, sample or value is refused and goes to quarantine.

    `code` is one of the reasons listed in `foreworn.telemetry.quarantine.REASONS`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class StoreUnavailable(ForewornError):
    """A store cannot answer at the moment; the same call may succeed later."""

    def __init__(self, store: str, why: str, *, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(f"{store} is not available ({why}); retry in {retry_after.total_seconds():g} s")
        self.store, self.why, self.retry_after = store, why, retry_after


class StoreRejected(ForewornError):
    """A store refuses what it was given, and would refuse it again."""

    def __init__(self, store: str, why: str) -> None:
        super().__init__(f"{store} refused the write: {why}")
        self.store, self.why = store, why


class BrokerUnavailable(ForewornError):
    """No MQTT broker answers at the address."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"no MQTT broker answers at {host}:{port} ({why}): start one, or set FOREWORN_MQTT__HOST and "
            "FOREWORN_MQTT__PORT to where it is"
        )
        self.host, self.port, self.why = host, port, why


class GrafanaUnavailable(ForewornError):
    """No Grafana answers at the address."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"no Grafana answers at {url} ({why}): start it, or give the address where it is")
        self.url, self.why = url, why


class GrafanaRefused(ForewornError):
    """Grafana answers, and will not do what it was asked; `status` is its HTTP status."""

    def __init__(self, url: str, what: str, why: str, *, status: int) -> None:
        remedies = {
            401: "; check the token, or the user and password",
            403: "; give somebody with more rights: folders and dashboards take an editor, data sources an admin",
        }
        super().__init__(f"Grafana at {url} will not {what}: {why}{remedies.get(status, '')}")
        self.url, self.what, self.why, self.status = url, what, why, status


class SpoolFailed(ForewornError):
    """The spool cannot make data durable, so nothing more may be acknowledged."""


class TooLittleHistory(ForewornError):
    """There is not enough history to train on; the message says what is missing."""


class DamagedModel(ForewornError):
    """A stored model is not what was written, so it is not loaded."""

    def __init__(self, folder: Path | str, problem: str) -> None:
        super().__init__(f"the model in {folder} is damaged ({problem}): restore the folder, or train again")
        self.folder, self.problem = str(folder), problem


_ALIKE = 0.81
"""Two letters of a version mistyped, but not one of a name of five."""


class NotFound(ForewornError):
    """What was asked for does not exist."""

    def __init__(self, kind: str, key: str, *, known: Sequence[str] = ()) -> None:
        hint = f"; known: {', '.join(known)}" if known else ""
        near = get_close_matches(key, known, n=1, cutoff=_ALIKE)
        meant = f"; did you mean {near[0]}?" if near else ""
        super().__init__(f"no {kind} {key!r}{hint}{meant}")
        self.kind, self.key = kind, key


class TransitionRefused(ForewornError):
    """A work order, or a purchase order, may not go from this state to that one."""

    def __init__(self, state: str, wanted: str, *, allowed: Sequence[str], what: str = "work order") -> None:
        choices = ", ".join(sorted(allowed)) or "nothing: this state is final"
        super().__init__(f"a {what} that is {state} cannot become {wanted}; allowed from here: {choices}")
        self.state, self.wanted, self.allowed = state, wanted, tuple(allowed)


class Conflict(ForewornError):
    """Somebody else changed it first, or it exists already."""
