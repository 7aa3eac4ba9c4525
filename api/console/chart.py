"""A chart before it is drawn: what plotly and the static picture both show."""

from dataclasses import dataclass
from datetime import datetime

from api.reading.records import Kind

_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, on the time axis; each kind has its own shape and word."""

    time: datetime
    kind: Kind
    name: str

    @property
    def words(self) -> str:
        """What happened, in short."""
        return f"{self.name} failed" if self.kind is Kind.FAILURE else f"{self.name}: {self.kind.value}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `low` and `high`, where given, are a band around it.

    Parameters
    ----------
    colour
        Number of the palette's colour, 1 to 6.
    dash
        Number of the dash pattern, 0 for solid: lines differ by more than colour.
    """

    name: str
    times: tuple[datetime, ...]
    values: tuple[float, ...]
    colour: int
    dash: int = 0
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Limit:
    """A drawn and named level."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over time, with marks on the time axis and named limits.

    Parameters
    ----------
    title
        Says the finding.
    axis
        The quantity with its unit; stands level above the value axis.
    start, end
        What the time axis spans.
    floor, ceiling
        Fixed ends of the value axis; None fits the data.
    usual
        A shaded range of values; None shades nothing.
    names_marks
        Whether failures and replacements stand on the chart by name.
    """

    id: str
    title: str
    axis: str
    start: datetime
    end: datetime
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    limits: tuple[Limit, ...] = ()
    floor: float | None = None
    ceiling: float | None = None
    usual: tuple[float, float] | None = None
    names_marks: bool = False

    @property
    def named_marks(self) -> tuple[Mark, ...]:
        """The marks that are named, the oldest first; a repair is not, for it follows its failure."""
        chosen = [m for m in self.marks if self.names_marks and m.kind in (Kind.FAILURE, Kind.PREVENTIVE)]
        return tuple(sorted(chosen, key=lambda m: m.time)[-_MOST_NAMES:])

    @property
    def extent(self) -> tuple[float, float]:
        """Least and greatest value to show, with a little air."""
        values = [v for line in self.lines for v in (*line.values, *line.low, *line.high)]
        values += [limit.value for limit in self.limits]
        least = self.floor if self.floor is not None else min(values, default=0.0)
        greatest = self.ceiling if self.ceiling is not None else max(values, default=1.0)
        air = (greatest - least) * 0.06 or abs(greatest) * 0.06 or 1.0
        return (
            least if self.floor is not None else least - air,
            greatest if self.ceiling is not None else greatest + air,
        )
